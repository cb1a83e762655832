"""Lowering: from operators to the kernels that a target runs for them."""

from __future__ import annotations

from dataclasses import replace

from archlint.cost.lowering.lower_by_declaration import Declared
from archlint.cost.lowering.lower_by_passes import lower_rewritten
from archlint.cost.lowering.lowered import NO_CHANGE, Change, Lowered, PlacedKernel
from archlint.cost.lowering.runtime_rules import RuntimeRules
from archlint.graph.model import Model

__all__ = ["Change", "Lowered", "PlacedKernel", "lower"]


def lower(model: Model, lowering: RuntimeRules, change: Change = NO_CHANGE) -> Lowered:
    """The kernels that run `model`, in topological order of their main operators."""
    if lowering.fusions is None:
        lowered = Declared(model, lowering, change).run()
    else:
        lowered = lower_rewritten(model, lowering, lowering.fusions, change)
    return _rotated(_repeated(lowered, model), lowering.rotation)


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
