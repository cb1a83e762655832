"""ncnn on a CPU: what follows a conv or a product goes into it; convs run by several algorithms."""

from __future__ import annotations

from math import prod

from archlint.cost.kernels.kernel import Kernel
from archlint.cost.kernels.kind import Kind
from archlint.cost.lowering.pass_graph import Step
from archlint.cost.lowering.pass_list import PassList
from archlint.cost.lowering.passes.chains import join_shuffles, join_slices
from archlint.cost.lowering.passes.fusion import fold_into_convs, fuse_activations, merge_clips
from archlint.cost.lowering.passes.products import join_bias_of_attention
from archlint.cost.lowering.passes.views import free_views
from archlint.cost.lowering.runtime_rules import RuntimeRules
from archlint.cost.lowering.step_kernel import step_kernel

__all__ = ["PASSES", "WINOGRAD"]

WINOGRAD = "winograd"
"""The path of dense 3x3 convs of stride 1."""

_FROM_PLANES = "planes"
"""The path of a conv that reads planes: too few channels to pack, as of an image."""

_PACKED, _LEAST = 4, 8
"""Channels in a pack, and the least that Winograd's transform is made for, in and out."""


def _kernel(step: Step, _: RuntimeRules) -> Kernel | None:
    kernel = step_kernel(step)
    if kernel is None or kernel.kind is not Kind.CONV:
        return kernel
    taps = prod(kernel.window) * prod(kernel.strides)
    if taps == 1 and prod(kernel.out_map) == 1:
        # the convs of squeeze-excite are products, as its conversion has them
        return kernel._replace(kind=Kind.PRODUCT, op="MatMul", in_map=(), out_map=())
    if kernel.c_in < _PACKED:
        return kernel._replace(path=_FROM_PLANES)
    is_plain = kernel.window == (3, 3) and prod(kernel.strides) == 1 and not kernel.dilations
    is_packed = kernel.c_in % _PACKED == 0 == kernel.c_out % _PACKED
    if is_plain and is_packed and min(kernel.c_in, kernel.c_out) >= _LEAST:
        return kernel._replace(path=WINOGRAD)
    return kernel


PASSES = PassList(
    (
        merge_clips, fold_into_convs, join_bias_of_attention, join_slices, join_shuffles,
        fuse_activations, free_views,
    ),
    _kernel,
)  # fmt: skip
