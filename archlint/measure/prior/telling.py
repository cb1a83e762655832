"""Which kernels tell most of how a base carries over, measured before all others."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from archlint.cost.kernels.kernel import Kernel
from archlint.cost.kernels.kind import Kind
from archlint.cost.pricing.variety import variety_of
from archlint.measure.prior.base import Base
from archlint.measure.prior.transfer import LONG, SHORT, shift_of

__all__ = ["long_kernels", "short_kernels"]

Array = NDArray[np.float64]

LONGEST = 3e-3
"""Seconds: longer kernels tell no more, and so much less in the same time."""

POPULATION = 20e-6
"""Seconds from which on a kernel is one that the measured ones are to tell of."""

SHARES: Mapping[Kind, float] = {
    Kind.CONV: 0.70, Kind.PRODUCT: 0.20, Kind.ELEMENTWISE: 0.07, Kind.MOVEMENT: 0.06,
    Kind.GROUP_CONV: 0.05, Kind.NORMALISATION: 0.05, Kind.DEPTHWISE: 0.045,
}  # fmt: skip
"""About the share of the time of 125 networks of image and text that goes into each kind."""

OTHER = 0.02


@dataclass(slots=True)
class _Variety:
    """The kernels of one variety: their places, how their errors vary together, their weight."""

    places: Sequence[int]
    covariance: Array
    noise: float
    weight: float
    open: NDArray[np.bool_]

    def best(self) -> tuple[float, int]:
        """How much of the variance of the whole the most telling kernel takes, and which it is."""
        own = np.diag(self.covariance) + self.noise**2
        together = self.covariance.mean(axis=0) ** 2 / own
        each = (self.covariance**2).mean(axis=0) / own
        # sums are told by what all share; that one kernel is right counts a little too
        gains = np.where(self.open, (0.8 * together + 0.2 * each) * self.weight**2, -1.0)
        at = int(np.argmax(gains))
        return float(gains[at]), at

    def take(self, at: int) -> int:
        """Measure this one."""
        column = self.covariance[:, at]
        self.covariance -= np.outer(column, column) / (column[at] + self.noise**2)
        self.open[at] = False
        return self.places[at]


def long_kernels(base: Base, kernels: Sequence[Kernel], count: int) -> list[int]:
    """The places of at most so many kernels of LONG and more, the most telling first.

    Each is the one that leaves the least variance of what networks take, given those before it.
    """
    by_variety = _by_variety(base, kernels)
    work: dict[Kind, float] = defaultdict(float)
    times = {}
    for name, places in by_variety.items():
        times[name] = base.seconds([kernels[at] for at in places])
        work[kernels[places[0]].kind] += float(times[name].sum())
    varieties = []
    for name, places in by_variety.items():
        counted = times[name] >= POPULATION
        is_open = (times[name] >= LONG) & (times[name] <= LONGEST)
        if not is_open.any():
            continue
        inside = [at for at, yes in zip(places, counted, strict=True) if yes]
        members, kind = [kernels[at] for at in inside], kernels[places[0]].kind
        shift = shift_of(members[0])
        alike = base.alike(members, members, shift.stretch)
        varieties.append(
            _Variety(
                inside,
                shift.whole**2 + shift.apart**2 * alike,
                shift.noise,
                SHARES.get(kind, OTHER) * float(times[name].sum()) / work[kind],
                is_open[counted],
            )
        )
    bests = [each.best() for each in varieties]
    found: list[int] = []
    while len(found) < count and varieties:
        most = max(range(len(bests)), key=lambda each: bests[each][0])
        gain, at = bests[most]
        if gain <= 0:
            break
        found.append(varieties[most].take(at))
        bests[most] = varieties[most].best()
    return found


def short_kernels(base: Base, kernels: Sequence[Kernel], count: int) -> list[int]:
    """The places of at most so many kernels below SHORT: of every variety, more of larger ones.

    They are of the lowest level of rotation, as networks of such kernels are.
    """
    lowest = min((each.rotation for each in kernels if each.rotation), default=0)
    left: dict[str, list[int]] = {}
    for name, places in _by_variety(base, kernels).items():
        times = base.seconds([kernels[at] for at in places])
        short = zip(places, times, strict=True)
        left[name] = [at for at, time in short if time < SHORT and kernels[at].rotation == lowest]
    sizes = {name: len(places) ** 0.5 for name, places in left.items() if places}
    found: list[int] = []
    taken = dict.fromkeys(sizes, 0)
    while len(found) < count and any(left[name] for name in sizes):
        name = max((each for each in sizes if left[each]), key=lambda e: sizes[e] / (taken[e] + 1))
        found.append(left[name].pop(0))
        taken[name] += 1
    return found


def _by_variety(base: Base, kernels: Sequence[Kernel]) -> dict[str, list[int]]:
    """The places of the kernels that the base knows."""
    found: dict[str, list[int]] = defaultdict(list)
    for at, kernel in enumerate(kernels):
        if base.knows(kernel):
            found[variety_of(kernel)].append(at)
    return found
