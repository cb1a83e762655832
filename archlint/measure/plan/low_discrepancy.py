"""Points that fill a space evenly, however many of them are taken."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import count
from math import prod
from random import Random
from typing import TypeVar

__all__ = ["Point", "at_share", "filling_points", "points"]

T = TypeVar("T")


class Point:
    """A point of the unit cube: each choice uses up one coordinate, in order.

    Choices beyond the last coordinate are pseudo-random: in many dimensions a short sequence is
    even in none, so the coordinates are for the choices that matter most.
    """

    __slots__ = ("_coordinates", "_random")

    def __init__(self, coordinates: Sequence[float], random: Random) -> None:
        self._coordinates = iter(coordinates)
        self._random = random

    def coordinate(self) -> float:
        """The next coordinate, in [0, 1)."""
        found = next(self._coordinates, None)
        return self._random.random() if found is None else found

    def pick(self, weights: Mapping[T, float]) -> T:
        """One of the keys, each as often as its weight says."""
        left = self.coordinate() * sum(weights.values())
        for option, weight in weights.items():
            left -= weight
            if left < 0:
                return option
        return option

    def between(self, low: float, high: float) -> float:
        """A number from low to high, evenly in its logarithm; `low` if that is the higher."""
        return at_share(self.coordinate(), low, high)


def at_share(share: float, low: float, high: float) -> float:
    """The number at this share of the way from low to high, in its logarithm."""
    found: float = low * max(high / low, 1.0) ** share
    return found


def points(seed: int, name: str, dimensions: int) -> Iterator[Point]:
    """An endless additive recurrence, shifted by the seed and the name.

    Roberts 2018, "The Unreasonable Effectiveness of Quasirandom Sequences": steps of g^-1,
    g^-2, ... where g is the positive root of g^(dimensions + 1) = g + 1.
    """
    root = _root(dimensions)
    steps = [1 / prod([root] * power) for power in range(1, dimensions + 1)]
    return _shifted(f"{seed} {name}", lambda number: [number * step for step in steps])


_BASES = (2, 3, 5, 7)


def filling_points(seed: int, name: str) -> Iterator[Point]:
    """An endless Halton sequence, shifted by the seed and the name: each coordinate is even alone.

    Those of `points` are not: of four coordinates the first nearly repeats after seven points.
    """
    return _shifted(
        f"{seed} {name} filling", lambda number: [_radical_inverse(number, b) for b in _BASES]
    )


def _shifted(seed: str, at: Callable[[int], Sequence[float]]) -> Iterator[Point]:
    """The points of a sequence, all moved along each coordinate by the same random length."""
    # seeding with a text and random() itself are the same in every version of Python
    shift = Random(seed)
    starts = [shift.random() for _ in at(0)]
    for number in count():
        yield Point(
            [(start + value) % 1.0 for start, value in zip(starts, at(number), strict=True)],
            Random(f"{seed} {number}"),
        )


def _radical_inverse(number: int, base: int) -> float:
    """The digits of a number in this base, mirrored at the point."""
    found, place = 0, 1
    while number:
        number, digit = divmod(number, base)
        found, place = found * base + digit, place * base
    return found / place


def _root(dimensions: int) -> float:
    """By bisection with products alone, whose rounding no platform's libm decides."""
    low, high = 1.0, 2.0
    for _ in range(60):
        middle = (low + high) / 2
        if prod([middle] * (dimensions + 1)) < middle + 1:
            low = middle
        else:
            high = middle
    return low
