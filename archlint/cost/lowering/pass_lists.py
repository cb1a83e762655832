"""Which passes each runtime applies, in order: where a pass or a runtime is added."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from archlint.cost.kernels.kernel import Kernel
from archlint.cost.lowering.make_kernel import make_kernel
from archlint.cost.lowering.pass_graph import PassGraph, Step
from archlint.cost.lowering.passes.blocked import put_blocked
from archlint.cost.lowering.passes.channels_last import put_channels_last
from archlint.cost.lowering.passes.eager import fold_into_weights, fuse_epilogues
from archlint.cost.lowering.passes.fusion import (
    add_sums,
    expand,
    fold_into_convs,
    fuse_activations,
    merge_clips,
)
from archlint.cost.lowering.passes.gathers import split_gathers
from archlint.cost.lowering.passes.heads import order_heads
from archlint.cost.lowering.passes.products import fold_transposes_and_scales, join_bias
from archlint.cost.lowering.passes.quantised import quantise
from archlint.cost.lowering.passes.skips import join_skips
from archlint.cost.lowering.passes.slices import join_slices
from archlint.cost.lowering.passes.transposes import move_transposes
from archlint.cost.lowering.passes.views import free_views, launch_views, merge_reshapes
from archlint.cost.lowering.quantised_kernel import quantised_kernel
from archlint.cost.lowering.runtime_rules import Passes, RuntimeRules
from archlint.cost.lowering.step_kernel import step_kernel

__all__ = ["PASS_LISTS", "KernelOfStep", "Pass", "PassList"]


class Pass(Protocol):
    """One thing that a runtime does to the whole graph; without data for it, it does nothing."""

    def __call__(self, graph: PassGraph, lowering: RuntimeRules, /) -> None:
        """Change the graph as the runtime does."""


class KernelOfStep(Protocol):
    """What a runtime's tables call the kernel of a step that is left after all passes."""

    def __call__(self, step: Step, lowering: RuntimeRules, /) -> Kernel | None:
        """The kernel, None for an operator type that none runs."""


@dataclass(frozen=True, slots=True)
class PassList:
    """The passes of a runtime in the order in which it applies them."""

    passes: tuple[Pass, ...]
    kernel_of: KernelOfStep


def _plain_kernel(step: Step, _: RuntimeRules) -> Kernel | None:
    kernel = make_kernel(step.op, step.name)
    if kernel is None or not step.epilogue:
        return kernel
    return kernel._replace(epilogue=tuple(step.epilogue))


def _onnxruntime_kernel(step: Step, lowering: RuntimeRules) -> Kernel | None:
    if lowering.quantised is None:
        return step_kernel(step)
    return quantised_kernel(step, lowering.quantised)


PASS_LISTS: Mapping[Passes, PassList] = {
    Passes.EAGER: PassList((fold_into_weights, fuse_epilogues, launch_views), _plain_kernel),
    Passes.ONNX_RUNTIME: PassList(
        (
            quantise,
            merge_clips,
            fold_into_convs,
            join_bias,
            merge_reshapes,
            split_gathers,
            order_heads,
            move_transposes,
            join_slices,
            join_skips,
            fold_transposes_and_scales,
            expand,
            fuse_activations,
            put_blocked,
            add_sums,
            put_channels_last,
            free_views,
        ),
        _onnxruntime_kernel,
    ),
}
