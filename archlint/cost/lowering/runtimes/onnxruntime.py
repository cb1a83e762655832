"""ONNX Runtime: one list, for what is of another dtype or layout finds nothing to do."""

from __future__ import annotations

from archlint.cost.kernels.kernel import Kernel
from archlint.cost.lowering.pass_graph import Step
from archlint.cost.lowering.pass_list import PassList
from archlint.cost.lowering.passes.blocked import put_blocked
from archlint.cost.lowering.passes.channels_last import put_channels_last
from archlint.cost.lowering.passes.dynamic import join_dynamic
from archlint.cost.lowering.passes.fusion import (
    add_sums,
    divide,
    expand,
    fold_into_convs,
    fuse_activations,
    merge_clips,
)
from archlint.cost.lowering.passes.generic_pools import name_generic_pools
from archlint.cost.lowering.passes.heads import order_heads
from archlint.cost.lowering.passes.products import (
    fold_transposes_and_scales,
    join_bias,
    join_bias_of_attention,
)
from archlint.cost.lowering.passes.quantised import quantise
from archlint.cost.lowering.passes.repeated import do_once
from archlint.cost.lowering.passes.skips import join_skips
from archlint.cost.lowering.passes.slices import split_gathers, split_slices
from archlint.cost.lowering.passes.transposes import move_transposes
from archlint.cost.lowering.passes.views import free_views, merge_reshapes, merge_reshapes_of_heads
from archlint.cost.lowering.quantised_kernel import quantised_kernel
from archlint.cost.lowering.runtime_rules import RuntimeRules
from archlint.cost.lowering.step_kernel import step_kernel

__all__ = ["PASSES"]


def _kernel(step: Step, lowering: RuntimeRules) -> Kernel | None:
    if lowering.quantised is None:
        return step_kernel(step)
    return quantised_kernel(step, lowering.quantised)


PASSES = PassList(
    (
        do_once,
        quantise,
        join_dynamic,
        merge_clips,
        divide,
        fold_into_convs,
        join_bias,
        merge_reshapes,
        split_gathers,
        order_heads,
        merge_reshapes_of_heads,
        move_transposes,
        merge_reshapes_of_heads,
        split_slices,
        join_bias_of_attention,
        join_skips,
        fold_transposes_and_scales,
        expand,
        fuse_activations,
        put_blocked,
        name_generic_pools,
        add_sums,
        put_channels_last,
        free_views,
    ),
    _kernel,
)
