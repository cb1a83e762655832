"""The medleys of a place: its kernels now and instead, among what runs around them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from archlint.cost.kernels.kernel import Kernel

__all__ = ["Side", "surround"]

COMPANY = 24
"""Kernels of a session, the place's own included: with so many the caches are as in a network."""

LEAST = 4
"""Neighbours of a place that has more kernels than that."""


@dataclass(frozen=True, slots=True)
class Side:
    """The kernels of a session, in the network's order, and where the place's own stand."""

    kernels: tuple[Kernel, ...]
    own: tuple[int, ...]


def surround(
    kernels: Sequence[Kernel],
    numbers: Sequence[int],
    instead: Sequence[Kernel],
    runs: Callable[[Kernel], bool],
) -> tuple[Side, Side]:
    """The two sides of the place whose kernels in a model's `kernels` have these numbers.

    Both have the same neighbours, the nearest kernels that the runtime `runs`.  The kernels
    instead are spread, in their order, over the places of the kernels now.
    """
    slots = sorted(set(numbers))
    neighbours = _nearest(kernels, slots, runs)
    spread: dict[int, list[Kernel]] = {number: [] for number in slots}
    for at, kernel in enumerate(instead):
        spread[slots[at * len(slots) // len(instead)]].append(kernel)
    order = sorted({*slots, *neighbours})
    now = {number: [kernels[number]] for number in slots}
    return _side(kernels, order, now), _side(kernels, order, spread)


def _nearest(
    kernels: Sequence[Kernel], slots: Sequence[int], runs: Callable[[Kernel], bool]
) -> list[int]:
    own = set(slots)
    others = [number for number in range(len(kernels)) if number not in own]
    others.sort(key=lambda number: (min(abs(number - slot) for slot in slots), number))
    room = max(COMPANY - len(slots), LEAST)
    found: list[int] = []
    for number in others:
        if len(found) == room:
            break
        if runs(kernels[number]):
            found.append(number)
    return found


def _side(kernels: Sequence[Kernel], order: Sequence[int], own: dict[int, list[Kernel]]) -> Side:
    made: list[Kernel] = []
    positions: list[int] = []
    for number in order:
        if number in own:
            positions += range(len(made), len(made) + len(own[number]))
            made += own[number]
        else:
            made.append(kernels[number])
    return Side(tuple(made), tuple(positions))
