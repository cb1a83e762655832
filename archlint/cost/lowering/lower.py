"""Lowering: from operators to the kernels that a target runs for them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from archlint.cost.kernels.kernel import Kernel
from archlint.cost.lowering.lowered import NO_CHANGE, Change, Lowered, PlacedKernel
from archlint.cost.lowering.pass_graph_of_model import pass_graph_of_model
from archlint.cost.lowering.pass_lists import pass_list_of
from archlint.cost.lowering.runtime_rules import RuntimeRules
from archlint.graph.collector import collector_paused
from archlint.graph.model import Model

__all__ = ["Change", "Lowered", "PlacedKernel", "lower"]


def lower(model: Model, lowering: RuntimeRules, change: Change = NO_CHANGE) -> Lowered:
    """The kernels that run `model`, in topological order of their main operators."""
    with collector_paused():
        return _lowered(model, lowering, change)


def _lowered(model: Model, lowering: RuntimeRules, change: Change) -> Lowered:
    runtime = pass_list_of(lowering.passes)
    graph = pass_graph_of_model(model, lowering, change)
    for each in runtime.passes:
        each(graph, lowering)
    kernels: list[Kernel] = []
    operators: list[tuple[int, ...]] = []
    home: dict[int, int] = {}
    reorders: defaultdict[int, list[int]] = defaultdict(list)
    unpriced: list[int] = []
    for step in graph:
        if not step.launched:
            continue
        kernel = runtime.kernel_of(step, lowering) if step.name else None
        if kernel is None:
            unpriced.extend(step.members)
            continue
        for index in step.members:
            home[index] = len(kernels)
        if step.cause is not None and step.forced:
            reorders[step.cause].append(len(kernels))
        kernels.append(kernel)
        operators.append(tuple(step.members) or (() if step.cause is None else (step.cause,)))
    return Lowered(
        _placed(_rotated(kernels, lowering), operators, model),
        home,
        tuple(sorted(unpriced)),
        {index: tuple(numbers) for index, numbers in reorders.items()},
    )


def _rotated(kernels: Sequence[Kernel], lowering: RuntimeRules) -> Sequence[Kernel]:
    """Tell each kernel how many MB the whole model runs through."""
    levels, total = lowering.rotation, lowering.rotates(kernels) / 1e6
    if not levels or not total:
        return kernels
    # beyond the levels measured nothing changes: all is in a cache, or all in memory
    level = min(max(round(total), min(levels)), max(levels))
    rotated = {kernel: kernel._replace(rotation=level) for kernel in set(kernels)}
    return [rotated[kernel] for kernel in kernels]


def _placed(
    kernels: Sequence[Kernel], operators: Sequence[tuple[int, ...]], model: Model
) -> tuple[PlacedKernel, ...]:
    """Each kernel runs as often as its operators do."""
    repeats = {op.index: op.repeats for op in model.operators if op.repeats != 1}
    return tuple(
        PlacedKernel(kernel, own, max((repeats.get(each, 1) for each in own), default=1))
        if repeats
        else PlacedKernel(kernel, own)
        for kernel, own in zip(kernels, operators, strict=True)
    )
