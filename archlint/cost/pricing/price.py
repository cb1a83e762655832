"""A price: what a kernel takes on a target, how well that is known, and two held together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from archlint.cost.pricing.sound import check_band

__all__ = ["Basis", "Comparison", "Price", "rests_on"]

RESTS_ON = 0.2
"""A sum rests on the weakest basis that this share of its time has, or a weaker one."""


class Basis(Enum):
    """Where a price comes from, best first."""

    MEASURED = "measured"
    INTERPOLATED = "interpolated"
    TRANSFERRED = "transferred"
    MODELLED = "modelled"
    INFERRED = "inferred"
    EXTRAPOLATED = "extrapolated"

    rank: int
    """0 for measured to 4 for extrapolated."""

    def __init__(self, _: str) -> None:
        self.rank = len(type(self).__members__)


@dataclass(frozen=True, slots=True)
class Price:
    """Seconds, with the 10th and 90th percentile and the basis.

    Raises TargetError unless these are finite and above 0, as all that is made of them then is.
    """

    seconds: float
    low: float
    high: float
    basis: Basis

    def __post_init__(self) -> None:
        check_band("a price", self.low, self.seconds, self.high)


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two sets of kernels on a target: what is there now and what could be instead."""

    now: Price
    instead: Price
    slowdown: float
    low: float
    high: float
    basis: Basis

    def __post_init__(self) -> None:
        check_band("a slow-down", self.low, self.slowdown, self.high)

    @property
    def saving(self) -> float:
        """Seconds saved: `now (1 - 1 / slowdown)`."""
        return self.now.seconds - self.instead.seconds


_WEAKEST_FIRST = tuple(sorted(Basis, key=lambda each: -each.rank))


def rests_on(seconds: Mapping[Basis, float]) -> Basis:
    """The basis of a sum that has so much time of each."""
    total, weak = sum(seconds.values()), 0.0
    for basis in _WEAKEST_FIRST:
        weak += seconds.get(basis, 0.0)
        if weak >= RESTS_ON * total:
            return basis
    return Basis.MEASURED
