"""The kernels of whole functions: normalisations of maps, recurrences, contractions, sampling."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import prod

from archlint.cost.kernels.kernel import BOTH_WAYS, Kernel
from archlint.cost.kernels.kind import Kind
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


def _int(op: Operator, key: str, default: int) -> int:
    value = op.attributes.get(key)
    return value if isinstance(value, int) and value > 0 else default


FUNCTION_MAKERS: Mapping[str, Callable[[Operator, str], Kernel | None]] = {
    "Einsum": _contraction,
    "GRU": _recurrence,
    "GridSample": _sampling,
    "GroupNormalization": _map_norm,
    "InstanceNormalization": _map_norm,
    "LRN": _map_norm,
    "LSTM": _recurrence,
    "RNN": _recurrence,
}
"""What makes the kernel of an operator that is like no others of its work."""
