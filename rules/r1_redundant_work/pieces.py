"""Operators that rewrites are made of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from archlint.plugin import Operator, Tensor, View

__all__ = ["added", "axes_of", "has_shapes", "numbers", "sliced"]


def has_shapes(op: Operator) -> bool:
    """Whether the shapes of what it computes from and of what it makes are known."""
    return all(each.shape is not None for each in (*op.activations, *op.outputs))


def axes_of(op: Operator, rank: int, place: int = 1) -> frozenset[int]:
    """The axes that an attribute or the input at this place names, from 0 on; none if unknown."""
    given = op.attributes.get("axes")
    if len(op.inputs) > place and (tensor := op.inputs[place]) is not None:
        given = tensor.values if tensor.dtype in ("int32", "int64") else None
    known = given if isinstance(given, tuple) and rank else ()
    return frozenset(int(axis) % rank for axis in known)


def numbers(name: str, values: Sequence[int]) -> Tensor:
    """A new constant of integers."""
    return Tensor(name, (len(values),), "int64", True, tuple(map(float, values)))


def sliced(
    view: View, at: Operator, tensor: Tensor, part: tuple[int, int, int], name: str
) -> Operator:
    """A Slice of a tensor: `part` is its axis, its start and its end."""
    axis, start, stop = part
    shape = tuple(stop - start if n == axis else size for n, size in enumerate(tensor.shape or ()))
    out = replace(tensor, name=name, shape=shape, values=None)
    given: Mapping[str, int] = {"starts": start, "ends": stop, "axes": axis}
    if view.model.opset < 10:  # they are attributes there
        attributes = {key: (value,) for key, value in given.items()}
        return Operator(at.index, name, "Slice", "", (tensor,), (out,), attributes)
    inputs = [numbers(f"{name}.{key}", (value,)) for key, value in given.items()]
    return Operator(at.index, name, "Slice", "", (tensor, *inputs), (out,))


def added(at: int, tensors: Sequence[Tensor], out: Tensor) -> list[Operator]:
    """The sum of tensors of one shape, an Add for each but the first; none for one alone."""
    made: list[Operator] = []
    total = tensors[0]
    for number, tensor in enumerate(tensors[1:], start=2):
        is_last = number == len(tensors)
        both = out if is_last else replace(out, name=f"{out.name}.sum.{number}")
        made.append(Operator(at, both.name, "Add", "", (total, tensor), (both,)))
        total = both
    return made
