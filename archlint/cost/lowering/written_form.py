"""How a function of several operators is written, where a runtime knows some ways alone."""

from __future__ import annotations

from collections import Counter

from archlint.graph.composites import Composite
from archlint.graph.model import Model
from archlint.graph.operator import Operator

__all__ = ["written_form"]

_BY_POW = Counter(Mul=4, Add=2, Tanh=1, Pow=1)
_BY_PRODUCTS = Counter(Mul=6, Add=2, Tanh=1)


def written_form(model: Model, composite: Composite) -> str:
    """The function's kind, for a Gelu by Tanh "FastGelu"; "" for ways that are not recognised.

    Those that are: x/2 (1 + Tanh(c (x + a x^3))) by Pow, and with (c x) (1 + (a x) x) inside; of
    norms by the root mean square, quotients of a square by Pow, times a row of weights.
    """
    operators = [model.operators[index] for index in composite.operators]
    types = Counter(op.op_type for op in operators)
    if composite.kind == "RMSNormalization":
        weighted = types["Pow"] and types["Div"] and _times_row(operators[-1])
        return composite.kind if weighted else ""
    if composite.kind != "Gelu" or not types["Tanh"]:
        return composite.kind
    made = {tensor.name: op for op in operators for tensor in op.outputs}
    (tanh,) = (op for op in operators if op.op_type == "Tanh")
    if types not in (_BY_POW, _BY_PRODUCTS) or not _scaled(operators[-1], made):
        return ""
    if types == _BY_POW:
        return "FastGelu"
    inner = made[tanh.activations[0].name]
    sums = [op for op in _operands(inner, made) if op.op_type == "Add"]
    squares = [square for op in sums for square in _operands(op, made)]
    is_known = _scaled(inner, made) and any(_scaled(square, made) for square in squares)
    return "FastGelu" if is_known else ""


def _times_row(op: Operator) -> bool:
    rows = [each for each in op.inputs if each is not None and len(each.shape or ()) == 1]
    return op.op_type == "Mul" and len(rows) == 1


def _operands(op: Operator, made: dict[str, Operator]) -> list[Operator]:
    """The operators of the function that make what an operator reads."""
    return [made[tensor.name] for tensor in op.activations if tensor.name in made]


def _scaled(op: Operator, made: dict[str, Operator]) -> bool:
    """Whether one of its operands is the function's input times a constant."""
    return any(
        each.op_type == "Mul" and len(each.activations) == 1 and not _operands(each, made)
        for each in _operands(op, made)
    )
