"""OpenVINO on CPUs with AVX-512, where maps have their channels last."""

from __future__ import annotations

from archlint.cost.kernels.kernel import Kernel
from archlint.cost.lowering.pass_graph import Step
from archlint.cost.lowering.pass_list import PassList
from archlint.cost.lowering.passes.chains import (
    fuse_chains,
    join_elementwise,
    join_shuffles,
    join_slices,
)
from archlint.cost.lowering.passes.fusion import fold_into_convs, merge_clips
from archlint.cost.lowering.passes.last_layout import put_last
from archlint.cost.lowering.passes.repeated import do_once
from archlint.cost.lowering.passes.slices import split_slices
from archlint.cost.lowering.passes.views import free_views
from archlint.cost.lowering.runtime_rules import RuntimeRules
from archlint.cost.lowering.step_kernel import step_kernel

__all__ = ["PASSES"]


def _kernel(step: Step, _: RuntimeRules) -> Kernel | None:
    return step_kernel(step)


PASSES = PassList(
    (
        do_once,
        merge_clips,
        fold_into_convs,
        split_slices,
        join_slices,
        join_shuffles,
        fuse_chains,
        join_elementwise,
        put_last,
        free_views,
    ),
    _kernel,
)
