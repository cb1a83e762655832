"""Operators that compute and whose sizes are not known: what they cost cannot be told."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from archlint.graph.operator import Operator
from archlint.graph.operator_facts import Work
from archlint.graph.operator_table import facts_of

__all__ = ["Unread", "find_unread"]

_COMPUTES = frozenset({
    Work.ATTENTION, Work.CONTRACTION, Work.CONV, Work.PRODUCT, Work.RECURRENCE,
    Work.TRANSPOSED_CONV,
})  # fmt: skip
"""What a network's time goes into."""


@dataclass(frozen=True, slots=True)
class Unread:
    """An operator without a cost, by its name, and where the sizes before it were lost.

    `lost_at` is the name of the operator that lost them and `lost_type` its type; of an input
    of the model that has no sizes `lost_at` is the input's name and `lost_type` "".
    """

    name: str
    op_type: str
    lost_at: str
    lost_type: str


def find_unread(operators: Sequence[Operator], makers: Mapping[str, int]) -> tuple[Unread, ...]:
    """The convs, products and recurrent operators without shapes, in the model's order.

    What no runtime could run is malformed, and not among them.
    """
    return tuple(_unread(operators, makers))


def _unread(operators: Sequence[Operator], makers: Mapping[str, int]) -> Iterator[Unread]:
    lost: dict[int, tuple[str, str]] = {}
    for op in operators:
        unknown = next((each for each in op.activations if each.shape is None), None)
        if unknown is not None:
            maker = makers.get(unknown.name)
            lost[op.index] = (unknown.name, "") if maker is None else lost[maker]
        else:
            lost[op.index] = op.name, op.op_type
        if facts_of(op.op_type).work in _COMPUTES and op.flops is None and not op.malformed:
            yield Unread(op.name, op.op_type, *lost[op.index])
