"""The kernels of a target whose runtime rewrites the graph, by the passes that it applies."""

from __future__ import annotations

from collections import defaultdict

from archlint.cost.blocked import block
from archlint.cost.channels_last import put_channels_last
from archlint.cost.draft import Draft, Step
from archlint.cost.draft_model import draft_model
from archlint.cost.fusion import (
    add_sums,
    expand,
    fold_into_convs,
    fuse_activations,
    merge_clips,
)
from archlint.cost.kernel import Kernel
from archlint.cost.lowered import Change, Lowered, PlacedKernel
from archlint.cost.lowering import Fusions, Lowering, Quantised
from archlint.cost.ops import VIEWS
from archlint.cost.products import fold_transposes_and_scales, join_bias, join_skips, order_heads
from archlint.cost.quantised import quantise
from archlint.cost.quantised_kernel import quantised_kernel
from archlint.cost.step_kernel import step_kernel
from archlint.graph.model import Model

__all__ = ["lower_rewritten"]


def lower_rewritten(model: Model, lowering: Lowering, fusions: Fusions, change: Change) -> Lowered:
    """The kernels of a model after all passes, in the order in which the runtime applies them."""
    draft, unknown = draft_model(model, fusions, change)
    quantised = lowering.quantised
    if quantised is not None:
        quantise(draft, quantised)
    merge_clips(draft)
    fold_into_convs(draft, lowering)
    join_bias(draft)
    order_heads(draft)
    join_skips(draft)
    fold_transposes_and_scales(draft)
    expand(draft, lowering)
    fuse_activations(draft, lowering)
    forced: dict[Step, int] = {}
    if lowering.blocked is not None:
        forced = block(draft, lowering, lowering.blocked)
    add_sums(draft, lowering)
    if quantised is not None:
        put_channels_last(draft, quantised)
    return _lowered(draft, lowering, forced, unknown)


def _lowered(
    draft: Draft, lowering: Lowering, forced: dict[Step, int], unknown: list[int]
) -> Lowered:
    placed: list[PlacedKernel] = []
    home: dict[int, int] = {}
    reorders: defaultdict[int, list[int]] = defaultdict(list)
    unpriced = list(unknown)
    for step in draft:
        if not step.name or (step.name in VIEWS and not lowering.views):
            continue
        kernel = _kernel(step, lowering.quantised)
        if kernel is None:
            unpriced.extend(step.members)
            continue
        number = len(placed)
        if step in forced:
            reorders[forced[step]].append(number)
        home.update(dict.fromkeys(step.members, number))
        cause = () if step.cause is None else (step.cause,)
        placed.append(PlacedKernel(kernel, tuple(step.members) or cause))
    return Lowered(
        tuple(placed),
        home,
        tuple(unpriced),
        {index: tuple(numbers) for index, numbers in reorders.items()},
    )


def _kernel(step: Step, quantised: Quantised | None) -> Kernel | None:
    return step_kernel(step) if quantised is None else quantised_kernel(step, quantised)
