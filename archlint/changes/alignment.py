"""Which step of one version of a model is which step of another."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from archlint.changes.boundary import boundaries
from archlint.changes.key import Key
from archlint.changes.kinds import category_of
from archlint.changes.reorder import reordered
from archlint.changes.step import Step
from archlint.graph.operator_facts import Category
from archlint.graph.pattern import pattern_of

__all__ = ["Alignment", "align"]

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int32]
Bytes = npt.NDArray[np.uint8]

_MARGIN = 64  # steps of what is equal at the ends that take part, so that a gap can slide
_BAND = 256  # steps by which the two versions may be apart, beyond their difference in length
_OPEN = 2.5  # what a gap costs
_AT_BOUNDARY = 2.0  # how much less it costs where a module starts
_NEVER = -1e9

_FEATURES = (
    "exact", "kind", "window", "grouping", "stride", "out", "into", "groups", "sources",
    "readers", "pattern", "module",
)  # fmt: skip
_WEIGHTS = np.array([1.5, 1.0, 2.0, 2.0, 0.5, 0.75, 0.5, 0.25, 0.75, 0.05, 0.5, 0.01], np.float32)
_WORTH_OF_CONV, _WORTH = -5.5, -1.5
"""What a pair is worth before its features: the same step is worth 4.5 and 2.5, another one less.

What differs must cost nearly what it is worth to pair at all: else a block that came and one that
went are paired, with all that is between them, off by one.
"""

_MATCHED, _GONE, _NEW = 0, 1, 2
_TOP = 3  # bits of a trace: the best state
_GOES_ON_GONE, _NEW_BEFORE_GONE, _GOES_ON_NEW, _GONE_BEFORE_NEW = 4, 8, 16, 32


@dataclass(frozen=True, slots=True)
class Alignment:
    """Pairs of numbers of steps, and the numbers of those that have no partner."""

    pairs: tuple[tuple[int, int], ...]
    removed: tuple[int, ...]
    added: tuple[int, ...]


def align(base: Sequence[Step], head: Sequence[Step]) -> Alignment:
    """Pair the steps of two versions, most alike first, in their order.

    Needleman and Wunsch's alignment ("A general method...", 1970) with Gotoh's gaps (1982), near
    the diagonal only.  A gap starts where a module does, if it can.
    """
    start, end = _equal_ends(base, head)
    pairs = [(number, number) for number in range(start)]
    inner = _Matrix(base, head, start, end).path()
    pairs += [(a + start, b + start) for a, b in inner]
    pairs += [(len(base) - each, len(head) - each) for each in range(end, 0, -1)]
    paired = reordered(base, head, dict(pairs))
    taken = set(paired.values())
    return Alignment(
        tuple(sorted(paired.items())),
        tuple(number for number in range(len(base)) if number not in paired),
        tuple(number for number in range(len(head)) if number not in taken),
    )


def _equal_ends(base: Sequence[Step], head: Sequence[Step]) -> tuple[int, int]:
    """How many steps at the start and at the end need no alignment."""
    most = min(len(base), len(head))
    start = 0
    while start < most and base[start].key == head[start].key:
        start += 1
    if start == len(base) == len(head):
        return start, 0
    end = 0
    while end < most - start and base[-end - 1].key == head[-end - 1].key:
        end += 1
    margin = _MARGIN + min(2 * abs(len(base) - len(head)), _BAND)
    return max(start - margin, 0), max(end - margin, 0)


class _Matrix:
    """The dynamic program over two sequences, row by row."""

    def __init__(self, base: Sequence[Step], head: Sequence[Step], start: int, end: int) -> None:
        rows, columns = slice(start, len(base) - end), slice(start, len(head) - end)
        self._rows, self._columns = len(base[rows]), len(head[columns])
        codes: tuple[dict[Hashable, int], ...] = tuple({} for _ in _FEATURES)
        self._base = _coded(base, rows, codes, absent=-1)
        self._head = _coded(head, columns, codes, absent=-2)
        others: dict[str, int] = {}
        self._base_category = _categories(base[rows], others)
        self._head_category = _categories(head[columns], others)
        self._worth = np.array([_worth(each.key) for each in base[rows]], np.float32)
        self._open_gone = _OPEN - _AT_BOUNDARY * boundaries(base[rows])
        self._open_new = _OPEN - _AT_BOUNDARY * boundaries(head[columns])
        self._traces: list[tuple[int, Bytes]] = []

    def path(self) -> list[tuple[int, int]]:
        """The pairs of the best alignment, in order."""
        if not self._rows or not self._columns:
            return []
        self._fill()
        pairs = []
        i, j = self._rows, self._columns
        state = self._trace(i, j) & _TOP
        while i and j:
            trace = self._trace(i, j)
            if state == _MATCHED:
                i, j = i - 1, j - 1
                pairs.append((i, j))
                state = self._trace(i, j) & _TOP
            elif state == _GONE:
                i -= 1
                if not trace & _GOES_ON_GONE:
                    state = _NEW if self._trace(i, j) & _NEW_BEFORE_GONE else _MATCHED
            else:
                j -= 1
                if not trace & _GOES_ON_NEW:
                    state = _GONE if self._trace(i, j) & _GONE_BEFORE_NEW else _MATCHED
        return pairs[::-1]

    def _trace(self, i: int, j: int) -> int:
        low, trace = self._traces[i]
        return int(trace[j - low])

    def _fill(self) -> None:
        columns, difference = self._columns, self._columns - self._rows
        matched, gone, new = (np.full(columns + 1, _NEVER, np.float32) for _ in range(3))
        matched[0] = 0.0
        left = 0
        for i in range(self._rows + 1):
            low = max(0, i + min(0, difference) - _BAND)
            high = min(columns, i + max(0, difference) + _BAND) + 1
            band = slice(low, high)
            trace = np.zeros(high - low, np.uint8)
            if i:
                before = np.maximum(matched[left:high], new[left:high])
                best = np.maximum(before, gone[left:high])
                opened = before[low - left :] - self._open_gone[i - 1]
                trace[gone[band] > opened] |= _GOES_ON_GONE
                gone[band] = np.maximum(gone[band], opened)
                first = max(low, 1)
                reached = best[first - 1 - left : high - 1 - left]
                matched[first:high] = reached + self._scores(i - 1, first, high)
                if not low:
                    matched[0] = _NEVER
            matched[left:low] = gone[left:low] = _NEVER
            new[left : low + 1] = _NEVER
            if high - low > 1:
                opened = np.maximum(matched[low : high - 1], gone[low : high - 1])
                opened -= self._open_new[low : high - 1]
                new[low + 1 : high] = np.maximum.accumulate(opened)
                trace[1:][new[low + 1 : high] > opened] |= _GOES_ON_NEW
            m, g, n = matched[band], gone[band], new[band]
            trace[n > m] |= _NEW_BEFORE_GONE
            trace[g > m] |= _GONE_BEFORE_NEW
            trace[(g > m) & (g >= n)] |= _GONE
            trace[(n > m) & (n > g)] |= _NEW
            self._traces.append((low, trace))
            left = low

    def _scores(self, row: int, first: int, high: int) -> Floats:
        """What it is worth to pair a step of the base with each of some of the head's."""
        columns = slice(first - 1, high - 1)
        same = self._head[:, columns] == self._base[:, row, None]
        scores = _WEIGHTS @ same.astype(np.float32) + self._worth[row]
        scores[self._head_category[columns] != self._base_category[row]] = _NEVER
        return np.asarray(scores, np.float32)


def _worth(key: Key) -> float:
    return _WORTH if key.window is None or key.out is None else _WORTH_OF_CONV


def _coded(
    steps: Sequence[Step], part: slice, codes: tuple[dict[Hashable, int], ...], absent: int
) -> Ints:
    """A row for each feature with a number for each of its values; `absent` equals nothing."""
    readers: list[set[str]] = [set() for _ in steps]
    for step in steps:
        for source in step.sources:
            if source >= 0:
                readers[source].add(step.key.kind)
    coded = np.full((len(_FEATURES), len(steps[part])), absent, np.int32)
    for column, (step, read_by) in enumerate(zip(steps[part], readers[part], strict=True)):
        for row, value in enumerate(_features(step, steps, read_by)):
            if value is not None:
                coded[row, column] = codes[row].setdefault(value, len(codes[row]))
    return coded


def _features(step: Step, steps: Sequence[Step], readers: set[str]) -> tuple[Hashable, ...]:
    key = step.key
    grouping = None
    if key.groups is not None:
        grouping = "depthwise" if key.is_depthwise else key.groups > 1
    sources = frozenset(steps[each].key.kind if each >= 0 else "" for each in step.sources)
    return (
        key, key.kind, key.window, grouping, key.stride, key.out, key.into, key.groups,
        sources, frozenset(readers), pattern_of(step.module) or None, step.module or None,
    )  # fmt: skip


def _categories(steps: Sequence[Step], others: dict[str, int]) -> Ints:
    """A number for what may be paired; what is in no category pairs with its own kind only."""
    numbers = {category: number for number, category in enumerate(Category)}
    found = []
    for step in steps:
        category = category_of(step.key.kind)
        is_alone = category is Category.OTHER
        number = others.setdefault(step.key.kind, -1 - len(others)) if is_alone else 0
        found.append(number or numbers[category])
    return np.array(found, np.int32)
