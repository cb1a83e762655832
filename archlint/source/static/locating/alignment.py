"""Which items of a container are which of its children."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from archlint.source.static.values import value as v

__all__ = ["aligned"]

_MOST_CHILDREN = 2048
_MOST_STATES = 4096


@dataclass(slots=True, eq=False)
class _State:
    """A place between items: the value that is next, or the places that it may go on to."""

    value: v.Value | None = None
    following: list[_State] = field(default_factory=list)


@dataclass(frozen=True, slots=True, eq=False)
class _Way:
    score: int
    value: v.Value | None
    before: _Way | None


def aligned(
    items: v.Items, children: frozenset[int], score: Callable[[v.Value, int], int]
) -> dict[int, v.Value]:
    """The values of the children with these indices that fit best together.

    Of the ways through what repeats and through alternatives, that with the highest sum of
    scores is taken, and of equal ones the first.
    """
    count = max(children, default=-1) + 1
    counter = [0]
    start = _compiled(items, _State(), counter)
    if not count or count > _MOST_CHILDREN or counter[0] > _MOST_STATES:
        return {}
    ways: dict[int, tuple[_State, _Way]] = {}
    _enter(start, _Way(0, None, None), ways)
    longest: list[_Way] = []
    for index in range(count):
        after: dict[int, tuple[_State, _Way]] = {}
        reached: list[tuple[_State, _Way]] = []
        for state, way in ways.values():
            if state.value is not None:
                gained = score(state.value, index) if index in children else 0
                reached.append((state, _Way(way.score + gained, state.value, way)))
        reached.sort(key=lambda each: -each[1].score)
        for state, way in reached:
            _enter(state.following[0], way, after)
        if not reached:
            break
        longest = [way for _, way in reached]
        ways = after
    best: _Way | None = longest[0] if longest else None
    values: list[v.Value] = []
    while best is not None and best.value is not None:
        values.append(best.value)
        best = best.before
    return {index: each for index, each in enumerate(reversed(values)) if index in children}


def _compiled(items: v.Items, end: _State, counter: list[int]) -> _State:
    for each in reversed(items):
        counter[0] += 1
        if counter[0] > _MOST_STATES:
            return end
        if isinstance(each, v.Repeat):
            again = _State()
            again.following = [_compiled(each.items, again, counter), end]
            end = again
        elif isinstance(each, v.Either):
            end = _State(None, [_compiled(one, end, counter) for one in each.choices])
        else:
            end = _State(each, [end])
    return end


def _enter(state: _State, way: _Way, ways: dict[int, tuple[_State, _Way]]) -> None:
    """Go on to the places where a value is next; the first to come, the best, stays."""
    stack = [state]
    seen: set[int] = set()
    while stack:
        each = stack.pop()
        if id(each) in seen:
            continue
        seen.add(id(each))
        if each.value is not None:
            known = ways.get(id(each))
            if known is None or known[1].score < way.score:
                ways[id(each)] = each, way
        else:
            stack.extend(reversed(each.following))
