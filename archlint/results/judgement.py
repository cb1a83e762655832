"""What the judge says beside severity and price, as plain data."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from archlint.cost.pricing.price import Basis
from archlint.results.severity import Severity

__all__ = ["Caveat", "Dearer", "DearerOn", "Doubt", "Flip", "Sizes"]


class Doubt(Enum):
    """Why a place may be less grave than the time that it saves makes it.

    `slow-down`: it is less slow than was asked for.  `uncertain`: the band of its slow-down
    reaches down to 1.  `basis`: what its prices rest on.  `coverage`: too little of the model is
    priced.  `unknown operators`: some that compute are not read.  `upper bound`: it removes
    something.  `rule`: a reason of the rule's own.
    """

    SLOWDOWN = "slow-down"
    UNCERTAIN = "uncertain"
    BASIS = "basis"
    COVERAGE = "coverage"
    UNKNOWN = "unknown operators"
    UPPER_BOUND = "upper bound"
    RULE = "rule"


@dataclass(frozen=True, slots=True)
class Caveat:
    """The highest severity that places can have, what keeps it there, and how many places.

    Where the severity is higher, these places do not count for it.  The figure of a reason is
    None with the others: the slow-down that was asked for, the basis, the priced share of the
    memory access (0 to 1), the rule's own words.
    """

    at_most: Severity
    reason: Doubt
    min_slowdown: float | None = None
    basis: Basis | None = None
    coverage: float | None = None
    rule: str | None = None
    places: int = 1
    of: int = 1


@dataclass(frozen=True, slots=True)
class Flip:
    """How a finding is judged on one target at `batch`, another usual one than was assumed.

    `severity` and `saving_share` are None where there is nothing to report.
    """

    target: str
    assumed_batch: int
    batch: int
    severity: Severity | None = None
    saving_share: float | None = None


@dataclass(frozen=True, slots=True)
class DearerOn:
    """What a known place saves on one target, and the most that it saved before, in seconds.

    `saving` is None where the target does not price it any more.
    """

    target: str
    saving: float | None
    most_before: float


@dataclass(frozen=True, slots=True)
class Dearer:
    """A known place that saves more than it did, on the targets that it was known for."""

    module: str
    on: tuple[DearerOn, ...]


@dataclass(frozen=True, slots=True)
class Sizes:
    """The range of sizes over places: the greatest and the least map, the fewest and most channels.

    One where both are the same, none where there are no such sizes.
    """

    maps: tuple[tuple[int, ...], ...] = ()
    channels: tuple[int, ...] = ()
