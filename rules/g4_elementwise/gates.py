"""Activations that are no activation functions between layers: gates, scores, boxes, attention."""

from __future__ import annotations

from archlint.plugin import Operator, View

__all__ = ["is_gate", "is_of_boxes"]

_GATES = frozenset({"Sigmoid", "HardSigmoid"})
_SCALES = _GATES | {"Softplus"}
"""What another tensor is multiplied by: how much of it, how long a step of time."""
_BOUNDED = _SCALES | {"Tanh", "Softsign"}
"""What gives a value within bounds: an image, a score, a variance, a place in a picture."""

_PRODUCTS = frozenset({"MatMul", "Gemm", "Einsum"})

_CHOICES = frozenset({"TopK", "ArgMax", "ArgMin", "NonZero", "NonMaxSuppression", "Shape",
                      "Greater", "GreaterOrEqual", "Less", "LessOrEqual", "Equal"})  # fmt: skip
"""What chooses by a value: layers behind it do not compute with the value."""

_PLACES = frozenset({"DeformConv", "GridSample", "RoiAlign"})
"""What reads by another input than the first where it looks, and how much of it counts."""

_BOX = 4
"""Numbers that make a box; points have fewer."""

FARTHEST = 256
"""Operators looked at on the way to the next layers."""


def is_gate(view: View, index: int, kind: str) -> bool:
    """Whether no layer reads it, directly or through operators without weights.

    Then it scales another tensor, is itself let through by a gate, weighs the rows of a computed
    product, says where another operator looks, or makes an output of the model: another function
    in its place would make another thing of it.
    """
    if kind in _GATES and is_of_boxes(view.model.operators[index]):
        return True
    pending, seen, weighs = [index], {index}, False
    while pending:
        at = pending.pop()
        for reader in view.readers(at):
            if reader.index in seen or reader.op_type in _CHOICES or reader.op_type == "Exp":
                continue
            if reader.op_type in _PLACES and not _reads_first(view, reader, at):
                continue
            if reader.weight is not None and reader.op_type != "PRelu":
                return False
            computed = len(reader.activations) > 1
            if reader.op_type in _PRODUCTS and computed:
                weighs = True
                continue
            if reader.op_type in ("Mul", "Div") and computed and kind in _SCALES:
                continue
            if kind == "Tanh" and reader.op_type == "Mul" and _is_let_through(view, reader, at):
                continue
            seen.add(reader.index)
            pending.append(reader.index)
        if len(seen) > FARTHEST:
            return False
    return kind in _BOUNDED or weighs


def _reads_first(view: View, reader: Operator, at: int) -> bool:
    first = reader.inputs[0]
    return first is not None and view.model.makers.get(first.name) == at


def _is_let_through(view: View, product: Operator, at: int) -> bool:
    """Whether the other operand of a product is a gate, as in cells with a memory."""
    makers = {view.model.makers.get(each.name) for each in product.activations} - {at, None}
    return any(view.model.operators[each].op_type in _GATES for each in makers if each is not None)


def is_of_boxes(op: Operator) -> bool:
    """Whether it makes rows of boxes or points, as a detector's heads do."""
    shape = op.output.shape
    return shape is not None and 2 <= len(shape) <= 3 and 1 < shape[-1] <= _BOX
