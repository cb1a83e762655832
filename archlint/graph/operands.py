"""Operands of an operator: the constant ones, the others, and what scalars they are."""

from __future__ import annotations

from math import isclose

from archlint.graph.operator import Operator, Tensor

__all__ = ["both_ways", "bound_of", "is_near", "scalar_of", "with_scalar", "without_constant"]

_TOLERANCE = 4e-3  # relative; constants in bfloat16 are off by up to 2e-3, a product of two by 4e-3


def scalar_of(tensor: Tensor | None) -> float | None:
    """The value of a constant whose elements are all equal."""
    values = tensor.values if tensor is not None else None
    return values[0] if values and len(set(values)) == 1 else None


def is_near(value: object, expected: float) -> bool:
    """Whether it is a number, and that one but for its rounding."""
    return isinstance(value, (int, float)) and isclose(
        value, expected, rel_tol=_TOLERANCE, abs_tol=1e-6
    )


def both_ways(op: Operator | None) -> tuple[tuple[Tensor, Tensor], ...]:
    """The two operands of an operator, in both orders."""
    if op is None or len(op.inputs) != 2 or op.inputs[0] is None or op.inputs[1] is None:
        return ()
    return (op.inputs[0], op.inputs[1]), (op.inputs[1], op.inputs[0])


def with_scalar(op: Operator | None) -> tuple[Tensor | None, float | None]:
    """The run-time operand and the value of the constant one."""
    for one, other in both_ways(op):
        value = scalar_of(other)
        if value is not None and not one.constant:
            return one, value
    return None, None


def without_constant(op: Operator) -> Tensor | None:
    """The run-time operand next to a constant one."""
    for one, other in both_ways(op):
        if other.constant and not one.constant:
            return one
    return None


def bound_of(clip: Operator, index: int, attribute: str) -> object:
    """A bound of Clip: an input from opset 11 on, an attribute before."""
    if index < len(clip.inputs):
        return scalar_of(clip.inputs[index])
    return clip.attributes.get(attribute)
