"""Places in series of which not every length is known."""

from __future__ import annotations

from collections.abc import Callable
from itertools import islice

from archlint.source.static.values import value as v
from archlint.source.static.values.unions import leaves, union

__all__ = [
    "argument",
    "at",
    "counted",
    "exact",
    "flat",
    "head",
    "mapped",
    "replaced",
    "sliced",
    "zipped",
]

_MOST = 256  # values that are looked at
_Change = Callable[[v.Value], v.Value]


def exact(items: v.Items) -> list[v.Value] | None:
    """The values, where their number is known."""
    found = head(items)
    return found if len(found) == len(items) else None


def head(items: v.Items) -> list[v.Value]:
    """The values before the first item that is none."""
    found: list[v.Value] = []
    for each in items:
        if isinstance(each, (v.Repeat, v.Either)):
            break
        found.append(each)
    return found


def flat(items: v.Items) -> v.Value:
    """Any of the values."""
    return union(*islice(leaves(items), _MOST))


def at(items: v.Items, index: v.Value) -> v.Value:
    """The value at an index; any of those that may be there."""
    if not isinstance(index, v.Const) or not isinstance(index.value, int):
        return flat(items)
    place = index.value
    if place < 0:
        known, place = head(items[::-1]), -place - 1
        rest = items[: len(items) - len(known)]
    else:
        known = head(items)
        rest = items[len(known) :]
    return known[place] if place < len(known) else flat(rest)


def argument(given: v.Arguments, place: int, name: str = "") -> v.Value:
    """An argument by its position, or by its name."""
    if name in given.keywords:
        return given.keywords[name]
    return at(given.positional, v.Const(place))


def sliced(items: v.Items, start: v.Value, stop: v.Value, step: v.Value) -> list[v.Item]:
    """A slice, where its ends are known; else any number of the values."""
    bounds = [
        each.value if isinstance(each, v.Const) else v.UNKNOWN for each in (start, stop, step)
    ]
    known = [each for each in bounds if each is None or isinstance(each, int)]
    if len(known) == 3 and known[2] != 0:
        first, last, stride = known
        if exact(items) is not None:
            return list(items[first:last:stride])
        ahead, behind, begin = len(head(items)), len(head(items[::-1])), first or 0
        ends = last is None or (last < 0 and -last <= behind) or 0 <= last <= ahead
        if ends and stride in (None, 1) and 0 <= begin <= ahead:
            return list(items[begin:last])
    return [v.Repeat((flat(items),))] if items else []


def replaced(series: v.Series, index: v.Value, value: v.Value, *, surely: bool) -> None:
    """Put a value in the place of one; where that is not sure, each may be it."""
    known = head(series.items)
    if isinstance(index, v.Const) and isinstance(index.value, int):
        place = index.value
        if place < 0 and exact(series.items) is not None:
            place += len(known)
        if 0 <= place < len(known):
            series.items[place] = value if surely else union(known[place], value)
            return
    series.items[:] = mapped(series.items, lambda each: union(each, value))


def mapped(items: v.Items, change: _Change) -> list[v.Item]:
    """The same series of other values."""
    found: list[v.Item] = []
    for each in items:
        if isinstance(each, v.Repeat):
            found.append(v.Repeat(tuple(mapped(each.items, change))))
        elif isinstance(each, v.Either):
            found.append(v.Either(tuple(tuple(mapped(one, change)) for one in each.choices)))
        else:
            found.append(change(each))
    return found


def counted(items: v.Items, start: v.Value) -> list[v.Item]:
    """What `enumerate` gives; an index behind what repeats is not known."""
    known = head(items)
    first = start.value if isinstance(start, v.Const) else None
    if not isinstance(first, int):
        return mapped(items, lambda each: v.Series([v.UNKNOWN, each]))
    pairs: list[v.Item] = [v.Series([v.Const(first + n), each]) for n, each in enumerate(known)]
    return [*pairs, *mapped(items[len(known) :], lambda each: v.Series([v.UNKNOWN, each]))]


def zipped(series: list[v.Items]) -> list[v.Item]:
    """What `zip` gives: as many as the series whose number is known have."""
    lengths = [len(found) for each in series if (found := exact(each)) is not None]
    if lengths:
        count = min(lengths)
        return [v.Series([at(each, v.Const(n)) for each in series]) for n in range(count)]
    return [v.Repeat((v.Series([flat(each) for each in series]),))]
