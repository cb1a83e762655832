"""What `archlint verify` says, as plain data: predicted and measured side by side."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from statistics import median

from archlint.results.findings import Finding, Variant

__all__ = [
    "Kept",
    "Ratio",
    "Rewritten",
    "Verdict",
    "Verification",
    "VerifiedFinding",
    "VerifiedModel",
    "VerifiedPlace",
    "WholeModel",
]


class Verdict(Enum):
    """What the measurement makes of a finding.

    `confirmed`: inside the band predicted for the places run, or above it.  `weaker`: below the
    band.  `refuted`: the whole 95 % interval is below 1, so that *instead* is slower, or the
    outputs of what should compute the same differ.
    `not run`: the runtime cannot run its kernels.
    """

    CONFIRMED = "confirmed"
    WEAKER = "weaker"
    REFUTED = "refuted"
    NOT_RUN = "not run"


@dataclass(frozen=True, slots=True)
class Ratio:
    """A slow-down, now over instead.

    `low` and `high` are the 10th and 90th percentile of a predicted one, and the ends of the
    95 % interval of the median of a measured one.
    """

    estimate: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class VerifiedPlace:
    """Places of a finding with the same kernels, `count` of them; `module` is the first.

    `weight` is how often they count in the finding's slow-down: as many times as there are,
    less the share of their time that other places have counted already.
    `now_seconds` and `instead_seconds` are those of all kernels of that side, by session; empty
    with the `reason` why they were not run.  `neighbours` counts the kernels that ran around them.
    """

    module: str
    count: int
    weight: float
    now: Variant
    instead: Variant
    neighbours: int
    predicted: Ratio
    measured: Ratio | None = None
    now_seconds: tuple[float, ...] = ()
    instead_seconds: tuple[float, ...] = ()
    reason: str = ""


SAME = 1e-5
"""Outputs that differ by no more than this share of their greatest element are the same."""


@dataclass(frozen=True, slots=True)
class Rewritten:
    """A whole model against the same model with what a finding has instead, at all its places.

    `difference` is that of the outputs, over their greatest element, with random weights.  The
    seconds are by session, none where only the outputs were asked for.  With a `reason` it was
    not run.
    """

    difference: float = 0.0
    now_seconds: tuple[float, ...] = ()
    instead_seconds: tuple[float, ...] = ()
    reason: str = ""

    @property
    def is_same(self) -> bool:
        """Whether the outputs are the same, as far as that was looked at."""
        return self.difference <= SAME


@dataclass(frozen=True, slots=True)
class VerifiedFinding:
    """A finding with what was measured of it.

    `places` are those run, the costliest first, and `left_out` counts the places that are like
    none of them.  `predicted` is the slow-down of the places that were run: it differs from the
    `printed` one where some were not.  `rewritten` is the whole model with what computes the same
    instead, None where that is another design.
    """

    finding: Finding
    predicted: Ratio
    measured: Ratio | None
    verdict: Verdict
    reason: str
    places: tuple[VerifiedPlace, ...]
    left_out: int
    rewritten: Rewritten | None = None

    @property
    def printed(self) -> Ratio:
        """The slow-down of all its places, as its message has it."""
        price = self.finding.prices[0]
        return Ratio(price.slowdown, price.slowdown_low, price.slowdown_high)

    @property
    def in_band(self) -> bool | None:
        """Whether the measured slow-down lies inside the predicted band; None if it was not run."""
        if self.measured is None:
            return None
        return self.predicted.low <= self.measured.estimate <= self.predicted.high


@dataclass(frozen=True, slots=True)
class WholeModel:
    """A whole model's time, predicted (with its band) and measured, in seconds by session.

    `drift` is how many times slower the machine ran than when its target was measured; 1 where
    the target has no reference.  With a `reason` it was not run.
    """

    predicted: float
    low: float
    high: float
    seconds: tuple[float, ...] = ()
    drift: float = 1.0
    reason: str = ""

    @property
    def measured(self) -> float:
        """The median over the sessions, as the clock gave it."""
        return median(self.seconds)

    @property
    def corrected(self) -> float:
        """The same with the drift taken off."""
        return self.measured / self.drift


@dataclass(frozen=True, slots=True)
class VerifiedModel:
    """One model; `hidden` counts the findings below the severity asked for.

    `error` says, in one line, why it could not be linted, `skipped` that nothing in it has a
    price, which is no fault; the rest may then be empty.
    """

    path: str
    title: str = ""
    findings: tuple[VerifiedFinding, ...] = ()
    whole: WholeModel | None = None
    hidden: int = 0
    error: str | None = None
    skipped: str | None = None


@dataclass(frozen=True, slots=True)
class Kept:
    """Rows that were added to a table of the user's, and the folder that they went to.

    `marked` counts kernels left out because their sessions differ too much or are too few,
    `known` those that the target had a row for.
    """

    rows: int
    folder: str
    marked: int
    known: int


@dataclass(frozen=True, slots=True)
class Verification:
    """A whole run; `sessions` is how many pairs of sessions each place was to run in.

    `problems` are faults of archlint itself, one line each.
    """

    target: str
    sessions: int
    models: tuple[VerifiedModel, ...]
    kept: Kept | None = None
    problems: tuple[str, ...] = ()

    @property
    def errors(self) -> tuple[str, ...]:
        """Every fault of the run, one line each."""
        unread = tuple(f"{each.path}: {each.error}" for each in self.models if each.error)
        return unread + self.problems

    @property
    def exit_code(self) -> int:
        """0, 1 with a refuted finding, 2 with any error."""
        if self.errors:
            return 2
        findings = (finding for model in self.models for finding in model.findings)
        return int(any(finding.verdict is Verdict.REFUTED for finding in findings))
