"""A price: what a kernel takes on a target, and how well that is known."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

__all__ = ["Basis", "Price"]


class Basis(Enum):
    """Where a price comes from, best first."""

    MEASURED = "measured"
    INTERPOLATED = "interpolated"
    MODELLED = "modelled"
    EXTRAPOLATED = "extrapolated"

    rank: int
    """0 for measured to 3 for extrapolated."""

    def __init__(self, _: str) -> None:
        self.rank = len(type(self).__members__)


@dataclass(frozen=True, slots=True)
class Price:
    """Seconds, with the 10th and 90th percentile and the basis."""

    seconds: float
    low: float
    high: float
    basis: Basis
