"""What a diff of models reports, as plain data: every output format prints these."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum

from archlint.cost.pricing.price import Basis
from archlint.cost.pricing.sound import check_band
from archlint.results.findings import (
    Finding,
    IgnoredFinding,
    ModelReport,
    Report,
    RuleInfo,
    Severity,
)

__all__ = ["DiffReport", "Gate", "ModelDiff", "Presence", "TargetDiff"]


class Presence(Enum):
    """In which of the two versions a model is."""

    BOTH = "both"
    ADDED = "added"
    REMOVED = "removed"


@dataclass(frozen=True, slots=True)
class TargetDiff:
    """The predicted times of both versions on one target, in seconds.

    `slowdown` is the time after over the time before, with its 10th and 90th percentile: what
    both versions share is not uncertain in it.  `basis` is the weaker one of both predictions.
    """

    target: str
    title: str
    before: float
    after: float
    slowdown: float
    low: float
    high: float
    basis: Basis

    @property
    def is_same(self) -> bool:
        """Whether both take the same time, for all that is shown."""
        return abs(self.slowdown - 1) < 0.0005

    def __post_init__(self) -> None:
        check_band("a slow-down", self.low, self.slowdown, self.high)


@dataclass(frozen=True, slots=True)
class ModelDiff:
    """One model in two versions; `before` and `after` are None where it is not there.

    In `after`, `findings` are those that are new and `known` those that were there before, or
    that a baseline keeps back, with its reason; `gone` are those that were.  `changes` say in
    words how the graph changed, the greatest first; `targets` are those that price both
    versions.  Where `before` cannot be linted, `after` is judged alone, and all of it is new.
    """

    name: str
    before: ModelReport | None
    after: ModelReport | None
    changes: tuple[str, ...] = ()
    targets: tuple[TargetDiff, ...] = ()
    gone: tuple[Finding, ...] = ()
    is_alone: bool = False

    @property
    def presence(self) -> Presence:
        """In which of the two versions the model is."""
        if self.before is None:
            return Presence.ADDED
        return Presence.REMOVED if self.after is None else Presence.BOTH

    @property
    def is_same(self) -> bool:
        """Whether nothing is to be told of it: the same graph, times and findings."""
        is_priced = self.presence is Presence.BOTH and not self.is_alone and bool(self.targets)
        told = (
            self.changes,
            self.gone,
            self.errors,
            self.excused,
            self.after and self.after.findings,
        )
        return is_priced and not any(told) and all(each.is_same for each in self.targets)

    @property
    def unchanged(self) -> tuple[Finding, ...]:
        """The findings that were there before."""
        return tuple(each.finding for each in self._known if not each.reason)

    @property
    def excused(self) -> tuple[IgnoredFinding, ...]:
        """The findings that are new, and in the baseline."""
        return tuple(each for each in self._known if each.reason)

    @property
    def _known(self) -> tuple[IgnoredFinding, ...]:
        return () if self.after is None else self.after.known

    @property
    def alone(self) -> str:
        """Why the version after is judged alone, where the one before could not be linted."""
        if not self.is_alone or self.before is None:
            return ""
        return f"{self.before.path}: {self.before.error}: {self.name} is judged alone"

    @property
    def errors(self) -> tuple[str, ...]:
        """Why a version could not be linted, one line each."""
        return tuple(
            f"{each.path}: {each.error}"
            for each in ((self.after,) if self.is_alone else (self.before, self.after))
            if each is not None and each.error is not None
        )


@dataclass(frozen=True, slots=True)
class Gate:
    """What fails a diff: new findings from a severity on, and a slow-down on any target.

    `slowdown` is a share, 0.03 for 3 %; None stands for no limit.
    """

    new: Severity | None = None
    slowdown: float | None = None


@dataclass(frozen=True, slots=True)
class DiffReport:
    """A whole diff; `problems` are faults of archlint itself, one line each."""

    models: tuple[ModelDiff, ...]
    problems: tuple[str, ...] = ()
    rules: tuple[RuleInfo, ...] = ()
    gate: Gate = Gate()

    @property
    def errors(self) -> tuple[str, ...]:
        """Every fault of the run, one line each."""
        return tuple(line for each in self.models for line in each.errors) + self.problems

    @property
    def failures(self) -> tuple[str, ...]:
        """What the gate does not let pass, one line each."""
        return tuple(line for each in self.models for line in _failures(each, self.gate))

    @property
    def exit_code(self) -> int:
        """0, 1 where the gate is closed, 2 with any error."""
        if self.errors:
            return 2
        return int(bool(self.failures))

    @property
    def after(self) -> Report:
        """The models as they are after, with the findings that are new."""
        models = tuple(
            replace(each.after, known=each.excused)
            for each in self.models
            if each.after is not None
        )
        return Report(models, problems=self.problems, rules=self.rules)


def _failures(model: ModelDiff, gate: Gate) -> list[str]:
    failures = []
    if gate.new is not None and model.after is not None:
        count = sum(each.severity.rank >= gate.new.rank for each in model.after.findings)
        if count:
            plural = "s" * (count != 1)
            failures.append(
                f"{model.name}: {count} new finding{plural} ({gate.new.value} or worse)"
            )
    if gate.slowdown is not None:
        failures += [
            f"{model.name}: {(each.slowdown - 1) * 100:.1f} % slower on {each.target},"
            f" allowed is {gate.slowdown * 100:g} %"
            for each in model.targets
            if each.slowdown > 1 + gate.slowdown
        ]
    return failures
