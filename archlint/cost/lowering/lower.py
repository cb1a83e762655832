"""Lowering: from operators to the kernels that a target runs for them."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace

from archlint.cost.lowering.lowered import NO_CHANGE, Change, Lowered, PlacedKernel
from archlint.cost.lowering.pass_graph import PassGraph
from archlint.cost.lowering.pass_graph_of_model import pass_graph_of_model
from archlint.cost.lowering.pass_lists import PASS_LISTS, KernelOfStep
from archlint.cost.lowering.runtime_rules import RuntimeRules
from archlint.graph.model import Model

__all__ = ["Change", "Lowered", "PlacedKernel", "lower"]


def lower(model: Model, lowering: RuntimeRules, change: Change = NO_CHANGE) -> Lowered:
    """The kernels that run `model`, in topological order of their main operators."""
    graph = pass_graph_of_model(model, lowering, change)
    runtime = PASS_LISTS[lowering.passes]
    for each in runtime.passes:
        each(graph, lowering)
    lowered = _place(graph, lowering, runtime.kernel_of)
    return _rotated(_repeated(lowered, model), lowering.rotation)


def _place(graph: PassGraph, lowering: RuntimeRules, kernel_of: KernelOfStep) -> Lowered:
    """A kernel for each step that is left."""
    placed: list[PlacedKernel] = []
    home: dict[int, int] = {}
    reorders: defaultdict[int, list[int]] = defaultdict(list)
    unpriced: list[int] = []
    for step in graph:
        kernel = kernel_of(step, lowering) if step.name else None
        if kernel is None:
            unpriced.extend(step.members)
            continue
        number = len(placed)
        home.update(dict.fromkeys(step.members, number))
        cause = () if step.cause is None else (step.cause,)
        placed.append(PlacedKernel(kernel, tuple(step.members) or cause))
        if step.forced:
            for index in cause:
                reorders[index].append(number)
    return Lowered(
        tuple(placed),
        home,
        tuple(sorted(unpriced)),
        {index: tuple(numbers) for index, numbers in reorders.items()},
    )


def _repeated(lowered: Lowered, model: Model) -> Lowered:
    """Tell each kernel how often it runs: as often as its operators do."""
    repeats = {op.index: op.repeats for op in model.operators if op.repeats != 1}
    if not repeats:
        return lowered
    kernels = tuple(
        replace(placed, repeats=max((repeats.get(each, 1) for each in placed.operators), default=1))
        for placed in lowered.kernels
    )
    return replace(lowered, kernels=kernels)


def _rotated(lowered: Lowered, levels: tuple[int, ...]) -> Lowered:
    """Tell each kernel how many MB of weights the whole model runs through."""
    total = sum(placed.kernel.weight_bytes for placed in lowered.kernels) / 1e6
    if not levels or not total:
        return lowered
    # beyond the levels measured nothing changes: all is in a cache, or all in memory
    level = min(max(round(total), min(levels)), max(levels))
    kernels = tuple(
        PlacedKernel(placed.kernel._replace(rotation=level), placed.operators, placed.repeats)
        for placed in lowered.kernels
    )
    return replace(lowered, kernels=kernels)
