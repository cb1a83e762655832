"""PyTorch compiled by inductor: it writes what is not a conv, a product or attention itself."""

from __future__ import annotations

from archlint.cost.kernels.kernel import Kernel
from archlint.cost.lowering.fused_kernel import fused_kernel
from archlint.cost.lowering.pass_graph import Step
from archlint.cost.lowering.pass_list import PassList
from archlint.cost.lowering.passes.autocast import autocast
from archlint.cost.lowering.passes.called_functions import join_addcmul, join_group_norms
from archlint.cost.lowering.passes.conv_biases import add_biases
from archlint.cost.lowering.passes.conv_layout import copy_in_one_layout
from archlint.cost.lowering.passes.eager import fold_into_weights
from archlint.cost.lowering.passes.flash_attention import fuse_called_attention
from archlint.cost.lowering.passes.fused_groups import fuse_groups, is_fused
from archlint.cost.lowering.passes.norm_moments import split_moments
from archlint.cost.lowering.passes.views import free_views
from archlint.cost.lowering.runtime_rules import RuntimeRules
from archlint.cost.lowering.step_kernel import step_kernel

__all__ = ["PASSES"]


def _kernel(step: Step, _: RuntimeRules) -> Kernel | None:
    return fused_kernel(step) if is_fused(step) else step_kernel(step)


PASSES = PassList(
    (
        fold_into_weights, join_group_norms, join_addcmul, fuse_called_attention,
        copy_in_one_layout, free_views, autocast, add_biases, split_moments, fuse_groups,
    ),
    _kernel,
)  # fmt: skip
