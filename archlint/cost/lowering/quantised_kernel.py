"""The kernel of one step of a quantised model."""

from __future__ import annotations

from archlint.cost.kernels.kernel import SIGNED, Kernel
from archlint.cost.kernels.ops import ELEMENTWISE
from archlint.cost.lowering.make_kernel import layout
from archlint.cost.lowering.pass_graph import Step
from archlint.cost.lowering.passes.quantised import DEQUANTISE, INT8, LAST, QUANTISED
from archlint.cost.lowering.runtime_rules import Quantised
from archlint.cost.lowering.step_kernel import step_kernel

__all__ = ["int8_path", "quantised_kernel"]


def quantised_kernel(step: Step, quantised: Quantised) -> Kernel | None:
    """The kernel of a step in int8 (one byte an element) or in float."""
    path, in_int8 = step.path, step.name.startswith(QUANTISED)
    step.name = step.name.removeprefix(QUANTISED)
    if path == LAST:
        step.path = ""
    kernel = step_kernel(step)
    if kernel is None:
        return None
    if step.name == "Transpose":
        return _transpose(step, kernel)
    if in_int8 and step.reads[0].dtype == "int8" and kernel.op in quantised.unsigned:
        kernel = kernel._replace(path=SIGNED)
    if path == LAST:
        path = int8_path(kernel, quantised)
        kernel = kernel if path == kernel.path else kernel._replace(path=path)
    if in_int8 or (step.output.dtype in INT8 and step.name != DEQUANTISE):
        return kernel if kernel.itemsize == 1 else kernel._replace(itemsize=1)
    return kernel


def int8_path(kernel: Kernel, quantised: Quantised) -> str:
    """A kernel's path where it runs with the channels last and is another kernel for that."""
    repeats = kernel.op in ELEMENTWISE and kernel.path not in ("", "scalar")
    if kernel.op in quantised.last or repeats:
        return f"{kernel.path} {LAST}".strip()
    return kernel.path


def _transpose(step: Step, kernel: Kernel) -> Kernel:
    """A Transpose by the shape that it reads, which decides how its permutation runs."""
    source = step.reads[0]
    batch, channels, sizes = layout(source.shape or ())
    itemsize = 1 if source.dtype in INT8 else kernel.itemsize
    return kernel._replace(
        c_in=channels,
        c_out=channels,
        in_map=sizes,
        out_map=sizes,
        batch=batch,
        itemsize=itemsize,
    )
