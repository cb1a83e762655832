"""The kernels of functions that few networks have: transforms, patches, boxes, random numbers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import prod

from archlint.cost.kernels.kernel import Kernel
from archlint.cost.kernels.kind import Kind
from archlint.graph.operator import Operator, Tensor

__all__ = ["RARE_MAKERS"]

_THREE = 3
"""Dims of boxes (images, boxes, corners) and of patches side by side."""

_FRAMED = 4
"""Dims of a transformed signal: batch, frames, bins, real and imaginary part."""


def _input(op: Operator, index: int) -> Tensor | None:
    return op.inputs[index] if index < len(op.inputs) else None


def _shape(op: Operator, index: int) -> tuple[int, ...]:
    """The shape of an input, () where it is absent."""
    each = _input(op, index)
    return () if each is None else each.shape or ()


def _values(op: Operator, index: int) -> tuple[int, ...]:
    """The numbers of a constant input, () where they are not known."""
    each = _input(op, index)
    return () if each is None or each.values is None else tuple(map(int, each.values))


def _ints(op: Operator, key: str, default: tuple[int, ...]) -> tuple[int, ...]:
    value = op.attributes.get(key)
    if not isinstance(value, tuple) or len(value) != len(default):
        return default
    return tuple(int(each) for each in value)


def _grid(op: Operator, name: str) -> Kernel | None:
    """A point for each place of a map, of as many coordinates as that has dims."""
    batch, *sizes, dims = op.output.shape or (0, 0)
    if len(sizes) != dims:
        return None
    return Kernel(Kind.FUNCTION, name, dims, dims, tuple(sizes), tuple(sizes), batch)


def _patches(op: Operator, name: str) -> Kernel | None:
    """The sum of overlapping patches: the map that is read has a place for each of them."""
    given, (batch, channels, *image) = _shape(op, 0), op.output.shape or (0, 0)
    window = _values(op, 2)
    if len(given) != _THREE or len(window) != len(image) or not image:
        return None
    ones = (1,) * len(image)
    strides, apart = _ints(op, "strides", ones), _ints(op, "dilations", ones)
    pads = _ints(op, "pads", (0,) * (2 * len(image)))
    places = tuple(
        (size + pads[at] + pads[at + len(image)] - apart[at] * (window[at] - 1) - 1) // strides[at]
        + 1
        for at, size in enumerate(image)
    )
    if min(*places, *window, *strides) < 1 or prod(places) != given[-1]:
        return None
    return Kernel(
        Kind.FUNCTION, name, given[1], channels, places, tuple(image), batch, window, strides
    )


def _transform(op: Operator, name: str) -> Kernel | None:
    """Rows of a length, real or complex: the axis is an attribute before opset 20."""
    given, made = _shape(op, 0), op.output.shape or ()
    said = op.attributes.get("axis", (*_values(op, 2), -2)[0])
    if len(given) != len(made) or len(given) < 2 or not isinstance(said, int):
        return None
    axis = said % len(given)
    rows = prod(given[:-1]) // max(given[axis], 1)
    sizes = (rows,) if rows > 1 else ()
    return Kernel(
        Kind.FUNCTION, name, given[axis], made[axis], sizes, sizes, path=_length(given[axis])
    )


def _frames(op: Operator, name: str) -> Kernel | None:
    """A transform of each frame of a signal."""
    made = op.output.shape or ()
    if len(made) != _FRAMED:
        return None
    batch, frames, bins, _ = made
    length = (*_shape(op, 2), *_values(op, 3), 2 * (bins - 1))[0]
    if length < 1:
        return None
    return Kernel(
        Kind.FUNCTION, name, length, bins, (frames,), (frames,), batch, path=_length(length)
    )


def _length(count: int) -> str:
    """Of powers of two a transform takes the quick way."""
    return "" if count & (count - 1) == 0 else "any length"


def _suppression(op: Operator, name: str) -> Kernel | None:
    """So many boxes, of which so many are kept at the most, for each class."""
    boxes, scores = _shape(op, 0), _shape(op, 1)
    if len(boxes) != _THREE or len(scores) != _THREE:
        return None
    batch, classes, count = scores
    most = (*_values(op, 2), count)[0]
    sizes = (classes,) if classes > 1 else ()
    return Kernel(Kind.FUNCTION, name, count, min(max(most, 1), count), sizes, sizes, batch)


def _distinct(op: Operator, name: str) -> Kernel | None:
    """Elements, or slices along an axis, that are sorted and told apart."""
    given, axis = _shape(op, 0), op.attributes.get("axis")
    if not given:
        return None
    if not isinstance(axis, int):
        return Kernel(Kind.FUNCTION, name, 1, 1, (prod(given),), (prod(given),))
    count = given[axis % len(given)]
    width = prod(given) // max(count, 1)
    return Kernel(Kind.FUNCTION, name, width, width, (count,), (count,))


def _determinant(op: Operator, name: str) -> Kernel | None:
    given = _shape(op, 0)
    if len(given) < 2 or given[-1] != given[-2]:
        return None
    side = given[-1]
    return Kernel(Kind.FUNCTION, name, side, side, (side,), (side,), prod(given[:-2]))


RARE_MAKERS: Mapping[str, Callable[[Operator, str], Kernel | None]] = {
    "AffineGrid": _grid,
    "Col2Im": _patches,
    "DFT": _transform,
    "Det": _determinant,
    "NonMaxSuppression": _suppression,
    "STFT": _frames,
    "Unique": _distinct,
}
"""What makes the kernel of an operator that few networks have."""
