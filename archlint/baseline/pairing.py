"""Which of the places found are known ones."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass

from archlint.baseline.entry import Sighting
from archlint.graph.pattern import pattern_of

__all__ = ["Pairing", "pair"]

_Key = Callable[[Sighting], Hashable]
"""What two sightings of one place share; None where that cannot be told."""


def _what(each: Sighting) -> tuple[str, ...]:
    return each.what, each.operator, each.makes


_SAME: Sequence[_Key] = (
    lambda each: (*_what(each), each.now, each.module),
    lambda each: (*_what(each), each.now, pattern_of(each.module)),
    lambda each: (*_what(each), each.now),
)
"""The same place: where it was, where its neighbours' indices moved, or under another name."""

_CHANGED: Sequence[_Key] = (
    lambda each: (*_what(each), pattern_of(each.module)),
    lambda each: (each.what, each.module) if each.module else None,
    _what,
    lambda each: (each.what, each.makes),
)
"""A place that became another one: around the same operator, or in the same module."""


@dataclass(frozen=True, slots=True)
class Pairing:
    """The number of the known place; `is_dearer` if it is another now and saves more."""

    known: int
    is_dearer: bool


def pair(known: Sequence[Sighting], found: Sequence[Sighting]) -> list[Pairing | None]:
    """For each place found the known one that it is, each known one once.

    Both are of one rule and in the order of the network, which decides between equals.  A place
    that has changed is dearer if on some target it saves more than the 90th percentile of what
    it saved.
    """
    left = dict.fromkeys(range(len(known)))
    pairs: list[Pairing | None] = [None] * len(found)
    for key in (*_SAME, *_CHANGED):
        if not left:
            break
        free: dict[Hashable, deque[int]] = defaultdict(deque)
        for number in left:
            free[key(known[number])].append(number)
        for at, each in enumerate(found):
            what = key(each)
            if pairs[at] is None and what is not None and (fitting := free.get(what)):
                number = fitting.popleft()
                del left[number]
                changed = key not in _SAME
                pairs[at] = Pairing(number, changed and _is_dearer(known[number], each))
    return pairs


def _is_dearer(known: Sighting, found: Sighting) -> bool:
    return any(
        seconds > known.most[target]
        for target, seconds in found.saves.items()
        if target in known.most
    )
