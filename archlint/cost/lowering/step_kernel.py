"""The kernel of one step, with all that it takes to build it again."""

from __future__ import annotations

from archlint.cost.kernels.kernel import Kernel
from archlint.cost.kernels.kind import Kind
from archlint.cost.kernels.ops import ELEMENTWISE
from archlint.cost.lowering.make_kernel import make_kernel
from archlint.cost.lowering.pass_graph import Step
from archlint.graph.operator import Operator, Tensor
from archlint.graph.operator_facts import Category
from archlint.graph.operator_table import facts_of

__all__ = ["step_kernel"]


def step_kernel(step: Step) -> Kernel | None:
    """The kernel that runs a step, None for an operator type that none runs."""
    op = step.op
    kernel = make_kernel(op, _MULTIPLIED if _is_small_power(op) else step.name)
    if kernel is None:
        return None
    facts, path, operands = facts_of(step.name), step.path or kernel.path, kernel.operands
    if step.name in ELEMENTWISE:
        operands, path = _broadcast(op)
    elif step.name == "Transpose":
        perm = step.permutation
        path = "perm " + "-".join(map(str, perm)) if perm else ""
    elif kernel.kind is Kind.SCAN or (
        kernel.kind is Kind.REDUCTION and facts.category is not Category.POOL
    ):
        path = _reduced(op)
    elif facts.along_axis:
        path = _along(op)
    elif kernel.kind is Kind.SOFTMAX:
        path = _softmax_axis(op)
    elif kernel.op == "Resize" and not path:
        mode = op.attributes.get("mode")
        path = mode if mode in ("linear", "cubic") else ""
    return Kernel(
        kernel.kind, kernel.op, kernel.c_in, kernel.c_out, kernel.in_map, kernel.out_map,
        kernel.batch, kernel.window, kernel.strides, kernel.groups, operands, kernel.constant,
        tuple(step.epilogue), path, kernel.itemsize, dilations=kernel.dilations,
    )  # fmt: skip


_MULTIPLIED = "Mul"
"""As what a power of 2 or 3 runs: ONNX Runtime multiplies, in the time of a product by a number."""


def _is_small_power(op: Operator) -> bool:
    exponent = op.inputs[1] if op.op_type == "Pow" and len(op.inputs) > 1 else None
    return exponent is not None and exponent.values in ((2.0,), (3.0,))


def _broadcast(op: Operator) -> tuple[int, str]:
    """How many operands have the output's size, and along what the others are repeated."""
    inputs = [tensor for tensor in op.inputs if tensor is not None]
    small = [tensor for tensor in inputs if tensor.elements != op.output.elements]
    full = len(inputs) - len(small)
    kinds = {_repeated(tensor, op.output.shape or ()) for tensor in small}
    kinds.discard("scalar" if len(kinds) > 1 else "")
    return max(full, 1), " ".join(sorted(kinds))


def _repeated(tensor: Tensor, shape: tuple[int, ...]) -> str:
    sizes = tensor.shape or ()
    if tensor.elements == 1:
        return "scalar"
    sizes = (1,) * (len(shape) - len(sizes)) + sizes
    own = [axis for axis, size in enumerate(sizes) if size != 1]
    if len(shape) > 1 and own in ([len(shape) - 1], [0, len(shape) - 1]) and len(shape) != 4:
        return "by row"
    if own and len(shape) > 2 and set(own) <= {0, 1} and 1 in own:
        return "by channel"
    if own == [len(shape) - 1]:
        return "by row"
    return "by map"


def _reduced(op: Operator) -> str:
    """Which dims a reduction takes together, or a scan runs along."""
    shape = op.activations[0].shape or ()
    axes = op.attributes.get("axes") or op.attributes.get("axis")
    if axes is None and len(op.inputs) > 1 and op.inputs[1] is not None:
        axes = op.inputs[1].values
    given = axes if isinstance(axes, tuple) else (axes,) if isinstance(axes, int) else ()
    rank = len(shape)
    dims = sorted(int(each) % rank for each in given if not isinstance(each, str)) if rank else []
    if dims == [rank - 1]:
        return "row"
    if dims and dims == list(range(2, rank)):
        return "map"
    return "axes " + "-".join(map(str, dims)) if dims else "all"


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
