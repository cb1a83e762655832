"""The plan of a measurement: which experiments are timed, in which batches."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from math import ceil

from archlint.cost.kernels.kernel import Kernel, parse_chain
from archlint.cost.lowering.on_path import on_path, quantised
from archlint.cost.lowering.runtime_rules import RuntimeRules
from archlint.errors import MeasureError
from archlint.measure.plan.company import SIZE, size_of
from archlint.measure.plan.experiment import CORE, Experiment

__all__ = ["ROOM", "Batch", "Plan", "Runtime", "Task", "make_plan"]

GROUP = 4 * SIZE
"""Kernels of a batch: enough that a kernel finds others of its size, and others each time."""

WINDOW = 3 * GROUP
"""Tasks in their informative order that are sorted into batches at once."""

ROOM = 0.25
"""The share of the memory that a session may fill."""

MB = 1_000_000

NARROW = 1 / 4
"""The share of a level that a kernel may read and write: others fill the cache as well."""

LARGE = 8
"""The greatest batch of the experiments."""


@dataclass(frozen=True, slots=True)
class Task:
    """A kernel on the target's path to time for a rule."""

    rule: str
    series: str
    kernel: Kernel

    @property
    def text(self) -> str:
        """The kernel as its row names it."""
        return self.kernel.text


@dataclass(frozen=True, slots=True)
class Batch:
    """Tasks that run in the same sessions, by turns, with the bytes to run through.

    `cached` says that these are to stay in a cache, so that all that a session touches must.
    """

    tasks: tuple[Task, ...]
    footprint: int
    cached: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """The batches in the order to time them, and what is not in them.

    `done` counts the experiments that the rows hold already, `refused` those that the
    runtime does not run, `too_big` those that the memory does not hold.
    """

    batches: tuple[Batch, ...]
    done: int
    refused: int
    too_big: int

    @property
    def tasks(self) -> int:
        """How many kernels there are to time."""
        return sum(len(batch.tasks) for batch in self.batches)


@dataclass(frozen=True, slots=True)
class Runtime:
    """What the plan has to know of the target.

    `lowering` tells the path that it takes for a kernel and the levels of weight bytes, `runs`
    whether it can run it; `memory` is in bytes.  What the experiments have at their greatest
    batch is measured at `most_batch` too, where that is more.
    """

    lowering: RuntimeRules
    runs: Callable[[Kernel], bool]
    memory: int
    most_batch: int = LARGE


def make_plan(
    experiments: Mapping[str, Sequence[Experiment]],
    runtime: Runtime,
    done: Collection[tuple[str, str]],
    leading: Callable[[Sequence[Kernel]], Sequence[Sequence[int]]] | None = None,
    *,
    leading_only: bool = False,
) -> Plan:
    """Plan the experiments, by rule; `done` are the rules and kernels of the rows that there are.

    One of each rule in turn, most informative first, so that a budget cuts what tells least.
    `leading` tells the places of kernels that come before all others, in groups, of which the
    first may be all that is asked for.
    """
    tasks: list[Task] = []
    seen: set[tuple[str, str]] = set()
    finished = refused = too_big = 0
    for turn in zip_longest(*(_tasks(*each, runtime) for each in experiments.items())):
        for task in turn:
            if task is None or (task.rule, task.text) in seen:
                continue
            seen.add((task.rule, task.text))
            if (task.rule, task.text) in done:
                finished += 1
            elif not runtime.runs(task.kernel):
                refused += 1
            elif _bytes(task.kernel) > ROOM * runtime.memory:
                too_big += 1
            else:
                tasks.append(task)
    groups = list(leading([task.kernel for task in tasks]) if leading is not None else ())
    if leading_only:
        groups = groups[:1]
    else:
        led = {at for group in groups for at in group}
        groups.append([at for at in range(len(tasks)) if at not in led])
    batches = [
        batch
        for group in groups
        for batch in _batches([tasks[at] for at in group], runtime.lowering)
    ]
    return Plan(tuple(batches), finished, refused, too_big)


def _tasks(rule: str, experiments: Sequence[Experiment], runtime: Runtime) -> list[Task]:
    tasks = []
    for experiment in experiments:
        if experiment.only and not runtime.lowering.has(experiment.only):
            continue
        try:
            ((count, kernel),) = parse_chain(experiment.kernels)
        except ValueError as fault:
            raise MeasureError(f"{rule}: an experiment is not one kernel: {fault}") from fault
        if count != 1:
            raise MeasureError(f'{rule}: an experiment is not one kernel: "{experiment.kernels}"')
        if experiment.only != "dequantised":
            kernel = quantised(kernel, runtime.lowering)
        kernel = on_path(kernel, runtime.lowering)
        placed = _at_level(kernel, experiment.rotation, runtime.lowering)
        if placed is None:
            continue
        kernel = placed
        tasks.append(Task(rule, experiment.series, kernel))
        if kernel.batch == LARGE < runtime.most_batch:
            larger = kernel._replace(batch=runtime.most_batch)
            tasks.append(Task(rule, f"{experiment.series} b{larger.batch}", larger))
    return tasks


def _at_level(kernel: Kernel, number: int, lowering: RuntimeRules) -> Kernel | None:
    """The kernel at a level of rotation, or at the next that holds its own.

    None at that of a core's own cache where there is none or it does not hold the kernel.
    """
    levels = lowering.rotation
    if kernel.rotation or not levels:
        return kernel
    own, moved = lowering.rotates([kernel]), kernel.activation_bytes * lowering.whole_rotation
    *core, _, _, _ = levels
    if number == CORE:
        return kernel._replace(rotation=core[0]) if core and own <= NARROW * core[0] * MB else None
    holding = (
        level
        for level in levels[len(core) + number :]
        if own <= level * MB and moved <= NARROW * level * MB
    )
    return kernel._replace(rotation=next(holding, levels[-1]))


def _bytes(kernel: Kernel) -> int:
    return max(kernel.mac, kernel.rotation * MB)


def _batches(tasks: Sequence[Task], lowering: RuntimeRules) -> list[Batch]:
    """Batches of one weight level and of kernels of about one size, window after window."""
    batches = []
    cached = lowering.rotation[-3] if lowering.whole_rotation else 0
    for start in range(0, len(tasks), WINDOW):
        window = sorted(tasks[start : start + WINDOW], key=lambda task: size_of(task.kernel))
        for level in sorted({task.kernel.rotation for task in window}):
            of_level = [task for task in window if task.kernel.rotation == level]
            # of equal length: a short rest would be poor company
            step = ceil(len(of_level) / ceil(len(of_level) / GROUP))
            batches += [
                Batch(tuple(of_level[first : first + step]), level * MB, level <= cached)
                for first in range(0, len(of_level), step)
            ]
    return batches
