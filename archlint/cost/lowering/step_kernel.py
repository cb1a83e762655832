"""The kernel of one step, with all that it takes to build it again."""

from __future__ import annotations

from archlint.cost.kernels.kernel import Kernel
from archlint.cost.kernels.kind import Kind
from archlint.cost.kernels.ops import ELEMENTWISE
from archlint.cost.lowering.make_kernel import make_kernel
from archlint.cost.lowering.pass_graph import Step
from archlint.cost.lowering.reduced_dims import reduced_path, with_reduced_dims
from archlint.cost.lowering.repeated_operands import with_repeated_operands
from archlint.graph.operator import Operator
from archlint.graph.operator_facts import Category
from archlint.graph.operator_table import facts_of

__all__ = ["step_kernel"]


def step_kernel(step: Step) -> Kernel | None:
    """The kernel that runs a step, None for an operator type that none runs."""
    op = step.op
    kernel = make_kernel(op, _MULTIPLIED if _is_small_power(op) else step.name)
    if kernel is None:
        return None
    facts, path = facts_of(step.name), step.path or kernel.path
    if step.name in ELEMENTWISE:
        kernel = with_repeated_operands(kernel, op)
        path = kernel.path
    elif step.name == "Transpose":
        perm = step.permutation
        path = "perm " + "-".join(map(str, perm)) if perm else ""
    elif kernel.kind is Kind.SCAN:
        path = reduced_path(op)
    elif kernel.kind is Kind.REDUCTION and facts.category is not Category.POOL:
        kernel = with_reduced_dims(kernel, op)
        path = kernel.path
    elif facts.along_axis:
        path = _along(op)
    elif kernel.kind is Kind.SOFTMAX:
        path = _softmax_axis(op)
    elif kernel.op == "Resize" and not path:
        mode = op.attributes.get("mode")
        path = mode if mode in ("linear", "cubic") else ""
    return kernel._replace(epilogue=tuple(step.epilogue), path=path)


_MULTIPLIED = "Mul"
"""As what a power of 2 or 3 runs: ONNX Runtime multiplies, in the time of a product by a number."""


def _is_small_power(op: Operator) -> bool:
    exponent = op.inputs[1] if op.op_type == "Pow" and len(op.inputs) > 1 else None
    return exponent is not None and exponent.values in ((2.0,), (3.0,))


def _along(op: Operator) -> str:
    """The axis that is joined or cut, "" for the channels."""
    shape = op.output.shape or ()
    axis = op.attributes.get("axis", 0)
    if op.op_type == "Slice":
        source = op.activations[0].shape or ()
        cut = [i for i, (a, b) in enumerate(zip(source, shape, strict=False)) if a != b]
        axis = cut[0] if len(cut) == 1 else 1
    rank = len(op.activations[0].shape or ()) if op.activations else len(shape)
    if not isinstance(axis, int) or not rank:
        return ""
    axis %= rank
    if axis == 1 and rank != 3:
        return ""
    return "by row" if axis == rank - 1 else f"axis {axis}"


def _softmax_axis(op: Operator) -> str:
    rank = len(op.output.shape or ())
    axis = op.attributes.get("axis", -1)
    if not isinstance(axis, int) or not rank or axis % rank == rank - 1:
        return ""
    return f"axis {axis % rank}"
