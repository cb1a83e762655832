"""The kernels of a target whose runtime rewrites the graph, by the passes that it applies."""

from __future__ import annotations

from collections import defaultdict

from archlint.cost.kernels.kernel import Kernel
from archlint.cost.kernels.ops import VIEWS
from archlint.cost.lowering.lowered import Change, Lowered, PlacedKernel
from archlint.cost.lowering.pass_graph import PassGraph, Step
from archlint.cost.lowering.pass_graph_of_model import draft_model
from archlint.cost.lowering.passes.blocked import block
from archlint.cost.lowering.passes.channels_last import put_channels_last
from archlint.cost.lowering.passes.fusion import (
    add_sums,
    expand,
    fold_into_convs,
    fuse_activations,
    merge_clips,
)
from archlint.cost.lowering.passes.products import (
    fold_transposes_and_scales,
    join_bias,
    join_skips,
    order_heads,
)
from archlint.cost.lowering.passes.quantised import quantise
from archlint.cost.lowering.quantised_kernel import quantised_kernel
from archlint.cost.lowering.runtime_rules import Fusions, Quantised, RuntimeRules
from archlint.cost.lowering.step_kernel import step_kernel
from archlint.graph.model import Model

__all__ = ["lower_rewritten"]


def lower_rewritten(
    model: Model, lowering: RuntimeRules, fusions: Fusions, change: Change
) -> Lowered:
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
    draft: PassGraph, lowering: RuntimeRules, forced: dict[Step, int], unknown: list[int]
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
