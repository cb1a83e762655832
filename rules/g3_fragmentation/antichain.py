"""The width of a partial order: how many of its elements can stand side by side."""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["width_of"]


def width_of(before: Sequence[int]) -> int:
    """The size of the largest antichain.

    `before[i]` has bit j set if element j comes before element i; the relation is transitive.
    By Dilworth's theorem the elements less a maximum matching of pairs (j before i): each pair
    that is matched joins two chains (Kuhn's algorithm, on bit sets).
    """
    after: dict[int, int] = {}
    """By element: the one that follows it in its chain."""
    for element in range(len(before)):
        _extend(before, after, element)
    return len(before) - len(after)


def _extend(before: Sequence[int], after: dict[int, int], start: int) -> None:
    """Find `start` an element to follow, moving others to another one where needed."""
    unseen = (1 << len(before)) - 1
    came: dict[int, int] = {}
    pending = [start]
    while pending:
        element = pending.pop()
        choices = before[element] & unseen
        unseen &= ~choices
        while choices:
            lowest = choices & -choices
            choices ^= lowest
            choice = lowest.bit_length() - 1
            came[choice] = element
            if choice in after:
                pending.append(after[choice])
                continue
            _switch(after, came, choice, start)
            return


def _switch(after: dict[int, int], came: dict[int, int], choice: int, start: int) -> None:
    previous = {follower: element for element, follower in after.items()}
    while True:
        element = came[choice]
        after[choice] = element
        if element == start:
            return
        choice = previous[element]
