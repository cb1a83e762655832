"""Places in series of which not every length is known."""

from __future__ import annotations

from collections.abc import Callable
from itertools import islice

from archlint.source.static.values import (
    UNKNOWN,
    Const,
    Either,
    Item,
    Items,
    Repeat,
    Series,
    Value,
    leaves,
    union,
)

__all__ = ["at", "counted", "exact", "flat", "head", "mapped", "replaced", "sliced", "zipped"]

_MOST = 256  # values that are looked at
_Change = Callable[[Value], Value]


def exact(items: Items) -> list[Value] | None:
    """The values, where their number is known."""
    found = head(items)
    return found if len(found) == len(items) else None


def head(items: Items) -> list[Value]:
    """The values before the first item that is none."""
    found: list[Value] = []
    for each in items:
        if isinstance(each, (Repeat, Either)):
            break
        found.append(each)
    return found


def flat(items: Items) -> Value:
    """Any of the values."""
    return union(*islice(leaves(items), _MOST))


def at(items: Items, index: Value) -> Value:
    """The value at an index; any of those that may be there."""
    if not isinstance(index, Const) or not isinstance(index.value, int):
        return flat(items)
    place = index.value
    if place < 0:
        known, place = head(items[::-1]), -place - 1
        rest = items[: len(items) - len(known)]
    else:
        known = head(items)
        rest = items[len(known) :]
    return known[place] if place < len(known) else flat(rest)


def sliced(items: Items, start: Value, stop: Value, step: Value) -> list[Item]:
    """A slice, where its ends are known; else any number of the values."""
    bounds = [each.value if isinstance(each, Const) else UNKNOWN for each in (start, stop, step)]
    known = [each for each in bounds if each is None or isinstance(each, int)]
    if len(known) == 3 and known[2] != 0:
        first, last, stride = known
        if exact(items) is not None:
            return list(items[first:last:stride])
        ahead, behind, begin = len(head(items)), len(head(items[::-1])), first or 0
        ends = last is None or (last < 0 and -last <= behind) or 0 <= last <= ahead
        if ends and stride in (None, 1) and 0 <= begin <= ahead:
            return list(items[begin:last])
    return [Repeat((flat(items),))] if items else []


def replaced(series: Series, index: Value, value: Value, *, surely: bool) -> None:
    """Put a value in the place of one; where that is not sure, each may be it."""
    known = head(series.items)
    if isinstance(index, Const) and isinstance(index.value, int):
        place = index.value
        if place < 0 and exact(series.items) is not None:
            place += len(known)
        if 0 <= place < len(known):
            series.items[place] = value if surely else union(known[place], value)
            return
    series.items[:] = mapped(series.items, lambda each: union(each, value))


def mapped(items: Items, change: _Change) -> list[Item]:
    """The same series of other values."""
    found: list[Item] = []
    for each in items:
        if isinstance(each, Repeat):
            found.append(Repeat(tuple(mapped(each.items, change))))
        elif isinstance(each, Either):
            found.append(Either(tuple(tuple(mapped(one, change)) for one in each.choices)))
        else:
            found.append(change(each))
    return found


def counted(items: Items, start: Value) -> list[Item]:
    """What `enumerate` gives; an index behind what repeats is not known."""
    known = head(items)
    first = start.value if isinstance(start, Const) else None
    if not isinstance(first, int):
        return mapped(items, lambda each: Series([UNKNOWN, each]))
    pairs: list[Item] = [Series([Const(first + n), each]) for n, each in enumerate(known)]
    return [*pairs, *mapped(items[len(known) :], lambda each: Series([UNKNOWN, each]))]


def zipped(series: list[Items]) -> list[Item]:
    """What `zip` gives: as many as the series whose number is known have."""
    lengths = [len(found) for each in series if (found := exact(each)) is not None]
    if lengths:
        count = min(lengths)
        return [Series([at(each, Const(n)) for each in series]) for n in range(count)]
    return [Repeat((Series([flat(each) for each in series]),))]
