"""Operators that give what they read, which a runtime removes."""

from __future__ import annotations

from collections.abc import Mapping

from archlint.graph.operator import Operator

__all__ = ["has_no_effect"]

_NEUTRAL: Mapping[str, tuple[float, tuple[int, ...]]] = {
    "Add": (0, (0, 1)), "Sub": (0, (1,)), "Mul": (1, (0, 1)), "Div": (1, (1,)),
}  # fmt: skip
"""The operand that changes nothing, and in which places."""


def has_no_effect(op: Operator) -> bool:
    """Whether it casts or expands to what is there, adds 0, or multiplies by 1."""
    if len(op.activations) != 1:
        return False
    source = op.activations[0]
    if op.op_type == "Cast":
        return source.dtype == op.output.dtype != ""
    if op.op_type == "Expand":
        return source.shape == op.output.shape
    neutral, places = _NEUTRAL.get(op.op_type, (0, ()))
    return source.shape == op.output.shape and any(
        (tensor := op.inputs[place]) is not None and tensor.values == (neutral,)
        for place in places
        if place < len(op.inputs)
    )
