"""A runtime that is called operator by operator."""

from __future__ import annotations

from archlint.cost.kernels.kernel import Kernel
from archlint.cost.lowering.make_kernel import make_kernel
from archlint.cost.lowering.pass_graph import Step
from archlint.cost.lowering.pass_list import PassList
from archlint.cost.lowering.passes.eager import fold_into_weights, fuse_epilogues
from archlint.cost.lowering.passes.views import launch_views
from archlint.cost.lowering.runtime_rules import RuntimeRules

__all__ = ["PASSES"]


def _kernel(step: Step, _: RuntimeRules) -> Kernel | None:
    kernel = make_kernel(step.op, step.name)
    if kernel is None or not step.epilogue:
        return kernel
    return kernel._replace(epilogue=tuple(step.epilogue))


PASSES = PassList((fold_into_weights, fuse_epilogues, launch_views), _kernel)
