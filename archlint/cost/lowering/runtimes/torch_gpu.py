"""PyTorch on a GPU, called operator by operator."""

from __future__ import annotations

from dataclasses import replace

from archlint.cost.kernels.kernel import Kernel
from archlint.cost.lowering.pass_graph import PassGraph, Step
from archlint.cost.lowering.pass_list import PassList
from archlint.cost.lowering.passes.autocast import autocast
from archlint.cost.lowering.passes.called_functions import join_addcmul, join_group_norms
from archlint.cost.lowering.passes.conv_biases import add_biases
from archlint.cost.lowering.passes.eager import fold_into_weights
from archlint.cost.lowering.passes.flash_attention import fuse_called_attention
from archlint.cost.lowering.passes.torch_strides import copy_where_strides_ask
from archlint.cost.lowering.passes.views import free_views
from archlint.cost.lowering.runtime_rules import RuntimeRules
from archlint.cost.lowering.step_kernel import step_kernel

__all__ = ["PASSES"]

_CAST = 3
"""Bytes of an element in the mean of a cast, which has four on one side and two on the other."""


def _write_out(graph: PassGraph, _: RuntimeRules) -> None:
    """PyTorch has no kernel for x * sigmoid(1.702 x): two more steps stand before the product."""
    for step in graph:
        if step.name == "QuickGelu":
            made = replace(step.output, name=f"{step.output.name}/scaled")
            graph.insert("Mul", step, -2, step.reads[0], made)
            made = replace(step.output, name=f"{step.output.name}/gate")
            graph.insert("Sigmoid", step, -1, step.reads[0], made)


def _kernel(step: Step, _: RuntimeRules) -> Kernel | None:
    kernel = step_kernel(step)
    if kernel is not None and kernel.op == "Cast":
        return kernel._replace(itemsize=_CAST)
    return kernel


PASSES = PassList(
    (
        fold_into_weights, join_group_norms, join_addcmul, fuse_called_attention, _write_out,
        copy_where_strides_ask, free_views, autocast, add_biases,
    ),
    _kernel,
)  # fmt: skip
