"""The kernel that one operator alone becomes, from its shapes."""

from __future__ import annotations

from collections.abc import Callable
from math import prod

from archlint.cost.kernels.kernel import Kernel, conv_kind
from archlint.cost.kernels.kind import Kind
from archlint.cost.kernels.ops import KINDS, OPERANDS
from archlint.cost.lowering.function_kernels import FUNCTION_MAKERS
from archlint.graph.batch import MOST_IMAGES
from archlint.graph.operator import Operator, Tensor
from archlint.graph.operator_facts import Work
from archlint.graph.operator_table import facts_of

__all__ = ["make_kernel"]

_ITEMSIZE = {
    "float16": 2, "bfloat16": 2, "double": 8, "int64": 8, "int8": 1, "uint8": 1, "bool": 1,
    "int16": 2, "uint16": 2,
}  # fmt: skip


def make_kernel(op: Operator, as_type: str = "") -> Kernel | None:
    """The kernel of an operator whose output shape is known, or None for an unknown type.

    `as_type` overrides the operator's type, for a composite that ends in it.
    """
    name = as_type or op.op_type
    if op.domain not in ("", "ai.onnx", "com.microsoft"):
        return None
    if any(t is not None and t.shape is None for t in op.inputs):
        return None
    if not op.output.elements or any(t.elements == 0 for t in op.activations):
        return None  # of no elements, there is nothing to run
    facts = facts_of(name)
    if not facts.has_kernel:
        return None
    as_name = facts.runs_as or name
    if as_name in FUNCTION_MAKERS:
        kernel = FUNCTION_MAKERS[as_name](op, as_name)
        return kernel and kernel._replace(itemsize=_itemsize(op))
    return _MAKERS.get(facts.work, _pass)(op, as_name)


def layout(shape: tuple[int, ...]) -> tuple[int, int, tuple[int, ...]]:
    """Batch, channels and map of a shape: NCHW from rank 4 on, batch x rows x channels at 3."""
    if len(shape) < 2:
        return 1, prod(shape), ()
    if len(shape) == 3:
        return shape[0], shape[2], (shape[1],)
    return shape[0], shape[1], shape[2:]


def _shape(tensor: Tensor) -> tuple[int, ...]:
    return tensor.shape or ()


def _itemsize(op: Operator) -> int:
    return _ITEMSIZE.get(op.output.dtype, 4)


def _pass(op: Operator, name: str) -> Kernel:
    """One pass over the output's elements."""
    batch, channels, sizes = layout(_shape(op.output))
    return Kernel(
        KINDS[name], name, channels, channels, sizes, sizes, batch,
        operands=OPERANDS.get(name, 1), itemsize=_itemsize(op),
    )  # fmt: skip


def _elementwise(op: Operator, name: str) -> Kernel:
    full = [t for t in op.activations if t.elements == op.output.elements]
    return _pass(op, name)._replace(operands=max(len(full), 1))


_RESIZED = frozenset({"DepthToSpace", "MaxUnpool", "Resize", "SpaceToDepth", "Tile"})
"""What reads one map and writes another."""


def _move(op: Operator, name: str) -> Kernel:
    if name in ("Split", "Transpose") and op.activations:
        batch, channels, sizes = layout(_shape(op.activations[0]))
        return Kernel(
            Kind.MOVEMENT, name, channels, channels, sizes, sizes, batch, itemsize=_itemsize(op)
        )
    if name in _RESIZED and op.activations:
        batch, channels, sizes = layout(_shape(op.activations[0]))
        _, c_out, out_sizes = layout(_shape(op.output))
        path = "CRD" if op.attributes.get("mode") == "CRD" else ""
        return Kernel(
            Kind.MOVEMENT, name, channels, channels if name == "Resize" else c_out, sizes,
            out_sizes, batch, itemsize=_itemsize(op), path=path,
        )  # fmt: skip
    if name == "Concat":
        return _concat(op)
    if name == "Gather":
        return _gather(op)
    return _pass(op, name)


def _gather(op: Operator) -> Kernel:
    """Along an axis behind the first, indices of several dims are as many in one."""
    shape, axis = _shape(op.output), op.attributes.get("axis", 0)
    dims = len(op.inputs[1].shape or ()) if len(op.inputs) > 1 and op.inputs[1] else 1
    if isinstance(axis, int) and axis > 0 and dims > 1:
        shape = (*shape[:axis], prod(shape[axis : axis + dims]), *shape[axis + dims :])
    batch, channels, sizes = layout(shape)
    return Kernel(
        Kind.MOVEMENT, "Gather", channels, channels, sizes, sizes, batch, itemsize=_itemsize(op)
    )


def _concat(op: Operator) -> Kernel:
    """Joined along the channels, `c_in` is the inputs' mean width; constants are inputs too."""
    shape = _shape(op.output)
    batch, channels, sizes = layout(shape)
    axis, count = op.attributes.get("axis"), max(len(op.inputs), 1)
    of_channels = (2,) if len(shape) == 3 else (1,)
    joins_channels = isinstance(axis, int) and shape and axis % len(shape) in of_channels
    c_in = max(round(channels / count), 1) if joins_channels else channels
    return Kernel(
        Kind.MOVEMENT, "Concat", c_in, channels, sizes, sizes, batch,
        operands=count, itemsize=_itemsize(op),
    )  # fmt: skip


def _pool(op: Operator, name: str) -> Kernel:
    batch, channels, sizes = layout(_shape(op.activations[0]))
    _, _, out_sizes = layout(_shape(op.output))
    window = _ints(op, "kernel_shape", (1,) * len(sizes))
    strides = _ints(op, "strides", (1,) * len(sizes))
    return Kernel(
        Kind.POOL, name, channels, channels, sizes, out_sizes, batch, window, strides,
        itemsize=_itemsize(op), dilations=_dilations(op, window),
    )  # fmt: skip


def _reduce(op: Operator, name: str) -> Kernel:
    batch, channels, sizes = layout(_shape(op.activations[0]))
    left = max((op.output.elements or 0) // max(batch, 1), 1)
    return Kernel(Kind.REDUCTION, name, channels, left, sizes, (), batch, itemsize=_itemsize(op))


def _conv(op: Operator, name: str) -> Kernel | None:
    weight = op.inputs[1] if len(op.inputs) > 1 else None
    if weight is None or not op.activations:
        return None
    if min(len(_shape(op.activations[0])), len(_shape(op.output))) < 3:
        return None  # what inference makes of a malformed one
    batch, c_in, sizes = _nchw(_shape(op.activations[0]))
    _, c_out, out_sizes = _nchw(_shape(op.output))
    window = _shape(weight)[2:]
    kind = KINDS[name]
    return Kernel(
        conv_kind(c_in, c_out, op.groups) if kind is Kind.CONV else kind,
        name, c_in, c_out, sizes, out_sizes, batch, window,
        _ints(op, "strides", (1,) * len(window)), op.groups, itemsize=_itemsize(op),
        dilations=_dilations(op, window),
    )  # fmt: skip


def _dilations(op: Operator, window: tuple[int, ...]) -> tuple[int, ...]:
    """How far apart the taps are, () where they are side by side: one tap alone always is."""
    given = _ints(op, "dilations", ())
    if len(given) != len(window):
        return ()
    apart = tuple(each if size > 1 else 1 for each, size in zip(given, window, strict=True))
    return apart if any(each > 1 for each in apart) else ()


def _nchw(shape: tuple[int, ...]) -> tuple[int, int, tuple[int, ...]]:
    return shape[0], shape[1], shape[2:]


def _product(op: Operator, name: str) -> Kernel | None:
    left, right = op.inputs[0], op.inputs[1]
    out = _shape(op.output)
    if left is None or right is None or not out or left.elements is None:
        return None
    if op.weight is not None:
        c_out = _shape(op.weight)[-1] if op.op_type == "MatMul" else out[-1]
        c_in = max((op.weight.elements or 0) // max(c_out, 1), 1)
        rows = (op.output.elements or 0) // max(c_out, 1)
        batch = out[0] if len(out) > 1 else 1
        if len(out) == 2 and batch > MOST_IMAGES:
            batch = 1
        path, inner = "", op.attributes.get("K")
        if facts_of(name).packed and isinstance(inner, int):
            c_in, path = inner, _packing(op)
        return Kernel(
            Kind.PRODUCT, name, c_in, c_out, _rows(rows // max(batch, 1)),
            _rows(rows // max(batch, 1)), batch, itemsize=_itemsize(op), path=path,
        )  # fmt: skip
    rows = out[-2] if len(out) > 1 else 1
    turned = op.attributes.get("transA") and len(_shape(left)) > 1
    inner = _shape(left)[-2 if turned else -1] if _shape(left) else 1
    return Kernel(
        Kind.PRODUCT, name, inner, out[-1], _rows(rows), _rows(rows), prod(out[:-2]),
        constant=False, itemsize=_itemsize(op),
    )  # fmt: skip


def _packing(op: Operator) -> str:
    """How many bits a weight has, and whether the product may be one of bytes."""
    in_bytes = " in int8" if op.attributes.get("accuracy_level") == 4 else ""
    return f"{op.attributes.get('bits', 4)} bits{in_bytes}"


def _rows(count: int) -> tuple[int, ...]:
    return (count,) if count > 1 else ()


def _ints(op: Operator, key: str, default: tuple[int, ...]) -> tuple[int, ...]:
    value = op.attributes.get(key)
    if isinstance(value, tuple) and value and all(isinstance(each, int) for each in value):
        return tuple(int(each) for each in value)
    return default


_MAKERS: dict[Work, Callable[[Operator, str], Kernel | None]] = {
    Work.CONV: _conv,
    Work.TRANSPOSED_CONV: _conv,
    Work.PRODUCT: _product,
    Work.POOL: _pool,
    Work.ELEMENTWISE: _elementwise,
    Work.REDUCTION: _reduce,
    Work.MOVEMENT: _move,
}
"""What makes the kernels of a sort of work; all else is one pass over the output."""
