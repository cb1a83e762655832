"""Branches that another exporter writes in another order."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Mapping, Sequence

from archlint.changes.step import Step

__all__ = ["reordered"]


def reordered(
    base: Sequence[Step], head: Sequence[Step], pairs: Mapping[int, int]
) -> dict[int, int]:
    """The pairs with those exchanged that have an equal step which reads the same.

    `pairs` maps numbers of the base to numbers of the head.
    """
    found = {a: b for a, b in pairs.items() if base[a].key == head[b].key}
    taken = set(found.values())
    waiting: dict[Hashable, list[int]] = defaultdict(list)
    for number, step in enumerate(head):
        if number not in taken:
            waiting[_place(step.key, step.sources)].append(number)
    if not waiting:
        return dict(pairs)
    for number, step in enumerate(base):
        if number not in found:
            sources = [found.get(each, -2) if each >= 0 else -1 for each in step.sources]
            same = waiting.get(_place(step.key, sources))
            if same:
                found[number] = same.pop(0)
                taken.add(found[number])
    for a, b in pairs.items():
        if a not in found and b not in taken:
            found[a] = b
    return found


def _place(key: Hashable, sources: Sequence[int]) -> Hashable:
    return key, frozenset(sources)
