"""What an operator of attention attends to: how many heads, rows and keys."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from archlint.graph.operator import Attribute, Tensor

__all__ = ["Attended", "attended"]

_HEADS_FIRST, _SIDE_BY_SIDE, _PACKED = 4, 3, 5
"""Dims of N x heads x rows x depth, of N x rows x all heads, of N x rows x heads x 3 x depth."""

_PAST = {"Attention": 4, "GroupQueryAttention": 3, "MultiHeadAttention": 6}
"""At which input the keys of earlier rows come."""

Shape = tuple[int, ...]


class Attended(NamedTuple):
    """The sizes of attention: `keys` are those known before too, `key_heads` share them."""

    batch: int
    heads: int
    key_heads: int
    rows: int
    keys: int
    depth: int
    value_depth: int


def attended(
    op_type: str,
    domain: str,
    inputs: Sequence[Tensor | None],
    attributes: Mapping[str, Attribute],
) -> Attended | None:
    """The sizes, None where shapes do not tell them.

    Com.microsoft's Attention, which projects too, is none of these.
    """
    if op_type not in _PAST or (op_type == "Attention" and domain == "com.microsoft"):
        return None
    query, key, value = (_shape(inputs, index) for index in range(3))
    heads = _count(attributes, "q_num_heads", _count(attributes, "num_heads", 0))
    shared = _count(attributes, "kv_num_heads", heads)
    found = None
    if query is None:
        return None
    if len(query) == _HEADS_FIRST and key and value and len(key) == len(value) == _HEADS_FIRST:
        batch, heads, rows, depth = query
        found = Attended(batch, heads, key[1], rows, key[2], depth, value[3])
    elif len(query) == _PACKED and op_type == "MultiHeadAttention":
        batch, rows, heads, _, depth = query
        found = Attended(batch, heads, heads, rows, rows, depth, depth)
    elif len(query) == _SIDE_BY_SIDE and heads and shared:
        found = _side_by_side(query, key, value, heads, shared)
    past = _shape(inputs, _PAST[op_type])
    if found is None or not found.key_heads or found.heads % found.key_heads:
        return None
    if past is not None and len(past) == _HEADS_FIRST:
        found = found._replace(keys=found.keys + past[2])
    return found


def _side_by_side(
    query: Shape, key: Shape | None, value: Shape | None, heads: int, shared: int
) -> Attended | None:
    batch, rows, width = query
    if key is None or value is None:  # all three in one
        depth = width // (heads + 2 * shared)
        return Attended(batch, heads, shared, rows, rows, depth, depth) if depth else None
    depth = width // heads
    if len(key) == len(value) == _HEADS_FIRST:
        return Attended(batch, heads, key[1], rows, key[2], depth, value[3])
    if len(key) == len(value) == _SIDE_BY_SIDE:
        return Attended(batch, heads, shared, rows, key[1], depth, value[2] // shared)
    return None


def _shape(inputs: Sequence[Tensor | None], index: int) -> Shape | None:
    each = inputs[index] if index < len(inputs) else None
    return None if each is None else each.shape


def _count(attributes: Mapping[str, Attribute], name: str, default: int) -> int:
    value = attributes.get(name)
    return value if isinstance(value, int) and value > 0 else default
