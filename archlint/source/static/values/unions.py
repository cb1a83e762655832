"""Values of which the source leaves several."""

from __future__ import annotations

import re
from collections.abc import Iterator

from archlint.source.static.values import value as v

__all__ = ["alternatives", "as_pattern", "leaves", "union"]

_MOST_ALTERNATIVES = 24


def alternatives(value: v.Value) -> tuple[v.Value, ...]:
    """The values that a value may be."""
    return value.values if isinstance(value, v.Union) else (value,)


def union(*values: v.Value) -> v.Value:
    """One of the values, each once; UNKNOWN for none."""
    found: list[v.Value] = []
    for value in values:
        for each in alternatives(value):
            if not any(each is other or _same(each, other) for other in found):
                found.append(each)
    if len(found) > _MOST_ALTERNATIVES:
        found = [each for each in found if not isinstance(each, (v.Const, v.Text))]
        found = found[:_MOST_ALTERNATIVES] or [v.UNKNOWN]
    return found[0] if len(found) == 1 else v.Union(tuple(found)) if found else v.UNKNOWN


def _same(one: v.Value, other: v.Value) -> bool:
    if type(one) is not type(other) or not isinstance(
        one, (v.Const, v.Text, v.External, v.Builtin)
    ):
        return isinstance(one, v.Class) and isinstance(other, v.Class) and one.node is other.node
    if isinstance(one, v.Const) and isinstance(other, v.Const):
        return type(one.value) is type(other.value) and one.value == other.value
    return one == other


def leaves(items: v.Items) -> Iterator[v.Value]:
    """The values among items, each once."""
    for each in items:
        if isinstance(each, v.Repeat):
            yield from leaves(each.items)
        elif isinstance(each, v.Either):
            for choice in each.choices:
                yield from leaves(choice)
        else:
            yield each


def as_pattern(value: v.Value) -> str:
    """The regular expression of a value's text."""
    if isinstance(value, v.Const):
        return re.escape(str(value.value))
    return value.pattern if isinstance(value, v.Text) else ".*"
