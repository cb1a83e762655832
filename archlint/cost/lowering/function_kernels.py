"""The kernels of whole functions: of recurrences, attention, sampling, of what picks elements."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import prod

from archlint.cost.kernels.kernel import BOTH_WAYS, Kernel
from archlint.cost.kernels.kind import Kind
from archlint.cost.lowering.rare_functions import RARE_MAKERS
from archlint.graph.attention import attended
from archlint.graph.equation import spelled_out
from archlint.graph.operator import Operator

__all__ = ["FUNCTION_MAKERS"]

_LEAST = 2
"""Dims of what has a batch and channels."""

_ROWS = 3
"""Dims of a recurrence's input: steps, batch, channels."""


def _map_norm(op: Operator, name: str) -> Kernel | None:
    """One pass over maps, whose channels come first however many dims they have."""
    shape = op.output.shape or ()
    if len(shape) < _LEAST:
        return None
    batch, channels, *sizes = shape
    window: tuple[int, ...] = (_int(op, "size", 1),) if name == "LRN" else (1, 1)
    return Kernel(
        Kind.NORMALISATION, name, channels, channels, tuple(sizes), tuple(sizes), batch,
        window, (1,) * len(window), _int(op, "num_groups", 1),
    )  # fmt: skip


def _recurrence(op: Operator, name: str) -> Kernel | None:
    given = (op.inputs[0].shape or ()) if op.inputs and op.inputs[0] else ()
    hidden = op.attributes.get("hidden_size")
    if len(given) != _ROWS or not isinstance(hidden, int) or hidden < 1:
        return None
    steps, batch, width = given
    if op.attributes.get("layout"):
        steps, batch = batch, steps
    path = BOTH_WAYS if op.attributes.get("direction") == "bidirectional" else ""
    return Kernel(Kind.RECURRENCE, name, width, hidden, (steps,), (steps,), batch, path=path)


def _sampling(op: Operator, name: str) -> Kernel | None:
    """`path` says how it interpolates, over how many dims, and what it does beyond the edge."""
    given = (op.activations[0].shape or ()) if op.activations else ()
    if len(given) < _LEAST:
        return None
    batch, channels, *sizes = given
    out_sizes = (op.output.shape or ())[2:]
    mode = str(op.attributes.get("mode", "linear")).removeprefix("bi")
    beyond = str(op.attributes.get("padding_mode", "zeros"))
    words = [mode, f"{len(sizes)}d" if len(sizes) != 2 else "", beyond if beyond != "zeros" else ""]
    return Kernel(
        Kind.SAMPLING, name, channels, channels, tuple(sizes), tuple(out_sizes), batch,
        path=" ".join(filter(None, words)),
    )  # fmt: skip


def _contraction(op: Operator, name: str) -> Kernel | None:
    """A product of two tensors; `path` is the equation, its axes named in their order.

    Axes of both that stay are the batch, those that go are the inner size.
    """
    equation = op.attributes.get("equation")
    shapes = [each.shape or () for each in op.inputs if each is not None]
    if not isinstance(equation, str) or len(shapes) != 2:
        return None
    found = spelled_out(equation, [len(each) for each in shapes])
    if found is None:
        return None
    (left, right), result = found
    axes = [*zip(left + right, shapes[0] + shapes[1], strict=True)]
    sizes = dict(axes)
    if set(result) - set(sizes) or any(
        sizes[axis] != size or ((axis in left) != (axis in right) and axis not in result)
        for axis, size in axes
    ):
        return None

    def size(axes: set[str]) -> int:
        return prod(sizes[axis] for axis in axes)

    shared = set(left) & set(right)
    names = dict(zip(sizes, "abcdefghijklmnopqrstuvwxyz", strict=False))
    path = "".join(names.get(each, each) for each in f"{left},{right}>{result}")
    rows = size(set(left) - shared)
    constant = op.inputs[1] is not None and op.inputs[1].constant
    return Kernel(
        Kind.CONTRACTION, name, size(shared - set(result)), size(set(right) - shared),
        (rows,), (rows,), size(shared & set(result)), constant=constant, path=path,
    )  # fmt: skip


def _attention(op: Operator, name: str) -> Kernel | None:
    """`path` says what is masked, and that heads lie side by side in ONNX's own."""
    shapes = attended(op.op_type, op.domain, op.inputs, op.attributes)
    if shapes is None:
        return None
    words = []
    if op.attributes.get("is_causal") or op.attributes.get("unidirectional"):
        words.append("causal")
    if name == "Attention":
        words += ["masked"] * _has(op, 3) + ["rows"] * (len(_read(op, 0)) == _ROWS)
    elif name == "MultiHeadAttention":
        words += ["masked"] * _has(op, 5)
    elif op.attributes.get("do_rotary"):
        words.append("rotary")
    return Kernel(
        Kind.ATTENTION, name, shapes.depth, shapes.value_depth, (shapes.keys,), (shapes.rows,),
        shapes.batch * shapes.heads, groups=shapes.heads // shapes.key_heads, path=" ".join(words),
    )  # fmt: skip


def _has(op: Operator, index: int) -> bool:
    return index < len(op.inputs) and op.inputs[index] is not None


def _read(op: Operator, index: int) -> tuple[int, ...]:
    """The shape of an input, () where it is absent."""
    each = op.inputs[index] if index < len(op.inputs) else None
    return () if each is None else each.shape or ()


def _rotary(op: Operator, name: str) -> Kernel | None:
    """Of heads x rows, or of rows of so many heads side by side."""
    batch, *sizes, width = op.output.shape or (0, 0)
    path = "interleaved" if op.attributes.get("interleaved") else ""
    if len(sizes) == _LEAST:
        heads, by_head = sizes[0], (sizes[1], width)
        return Kernel(Kind.FUNCTION, name, heads, heads, by_head, by_head, batch, path=path)
    cosines = op.inputs[2 if op.domain else 1] if len(op.inputs) > 2 else None
    half = cosines.shape[-1] if cosines is not None and cosines.shape else 0
    heads = _int(op, "num_heads", width // (2 * half) if half else 0)
    if len(sizes) != 1 or not heads:
        return None
    rows = tuple(sizes)
    return Kernel(Kind.FUNCTION, name, width, width, rows, rows, batch, groups=heads, path=path)


def _top(op: Operator, name: str) -> Kernel | None:
    """The greatest of each row; `path` is the axis where that is not the last."""
    given = (op.activations[0].shape or ()) if op.activations else ()
    axis = op.attributes.get("axis", -1)
    if not given or not isinstance(axis, int):
        return None
    axis %= len(given)
    length, count = given[axis], (op.output.shape or (1,))[axis]
    rows = prod(given) // max(length, 1)
    sizes = (rows,) if rows > 1 else ()
    path = "" if axis == len(given) - 1 else f"axis {axis}"
    return Kernel(Kind.FUNCTION, name, length, count, sizes, sizes, path=path)


def _regions(op: Operator, name: str) -> Kernel | None:
    """Each region of each map becomes one of a fixed size, of so many samples a point if any."""
    given, made = _read(op, 0), op.output.shape or ()
    if len(given) != len(made) or len(given) <= _LEAST:
        return None
    count, channels, *sizes = made
    taps = _int(op, "sampling_ratio", 0)
    adaptive = "" if taps or name == "MaxRoiPool" else "adaptive"
    path = " ".join(filter(None, [adaptive, _not(op, "mode", "avg")]))
    return Kernel(
        Kind.FUNCTION, name, channels, channels, tuple(given[2:]), (count, *sizes),
        window=(max(taps, 1),) * 2, path=path,
    )  # fmt: skip


def _non_zero(op: Operator, name: str) -> Kernel | None:
    given = _read(op, 0)
    if not given:
        return None
    *rows, width = given
    sizes = (prod(rows),) if prod(rows) > 1 else ()
    return Kernel(Kind.FUNCTION, name, width, width, sizes, sizes)


def _quantisation(op: Operator, name: str) -> Kernel | None:
    *rows, width = op.output.shape or (1,)
    sizes = (prod(rows),) if prod(rows) > 1 else ()
    return Kernel(Kind.FUNCTION, name, width, width, sizes, sizes)


def _along_axis(op: Operator, name: str) -> Kernel | None:
    """Elements by an index along an axis; what is before and behind it is batch and channels."""
    source, index = _read(op, 0), _read(op, 1)
    axis = op.attributes.get("axis", 0)
    if not source or not index or len(source) != len(index) or not isinstance(axis, int):
        return None
    axis %= len(source)
    sizes = (index[axis],), (source[axis],)
    read, made = sizes[::-1] if name == "GatherElements" else sizes
    inner = prod(index[axis + 1 :])
    return Kernel(Kind.MOVEMENT, name, inner, inner, read, made, prod(index[:axis]))


def _by_rows(op: Operator, name: str) -> Kernel | None:
    """Pieces of a tensor by an index of its first dims: as rows of as many elements."""
    source, index = _read(op, 0), _read(op, 1)
    if not source or not index:
        return None
    first = _int(op, "batch_dims", 0) + index[-1]
    width, count = prod(source[first:]), prod(index[:-1])
    sizes = (count,), (prod(source) // max(width, 1),)
    read, made = sizes[::-1] if name == "GatherND" else sizes
    return Kernel(Kind.MOVEMENT, name, width, width, read, made)


def _not(op: Operator, key: str, usual: str) -> str:
    value = str(op.attributes.get(key, usual))
    return "" if value == usual else value


def _int(op: Operator, key: str, default: int) -> int:
    value = op.attributes.get(key)
    return value if isinstance(value, int) and value > 0 else default


FUNCTION_MAKERS: Mapping[str, Callable[[Operator, str], Kernel | None]] = {
    "Attention": _attention,
    "DynamicQuantizeLSTM": _recurrence,
    "DynamicQuantizeLinear": _quantisation,
    "Einsum": _contraction,
    "GRU": _recurrence,
    "GatherElements": _along_axis,
    "GatherND": _by_rows,
    "GridSample": _sampling,
    "GroupQueryAttention": _attention,
    "GroupNormalization": _map_norm,
    "InstanceNormalization": _map_norm,
    "LRN": _map_norm,
    "LSTM": _recurrence,
    "MaxRoiPool": _regions,
    "MultiHeadAttention": _attention,
    "NonZero": _non_zero,
    "RNN": _recurrence,
    "RoiAlign": _regions,
    "RotaryEmbedding": _rotary,
    "ScatterElements": _along_axis,
    "ScatterND": _by_rows,
    "TopK": _top,
    **RARE_MAKERS,
}
"""What makes the kernel of an operator that is like no others of its work."""
