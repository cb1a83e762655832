"""`--summary` as data: each network on each target, and the rule that costs most there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from archlint.report.shown import was_linted
from archlint.report.units import percent
from archlint.results.findings import Report, RuleSaving, TargetReport

__all__ = ["SummaryRow", "summary_rows"]


_MOSTLY = 0.8
"""The share that has to be priced for findings to be more than notes, and times those of all."""


@dataclass(frozen=True, slots=True)
class SummaryRow:
    """A network on a target; `each` is the time of one of its batch, in seconds."""

    model: str
    on: TargetReport

    @property
    def each(self) -> float:
        """Seconds for one of the batch."""
        return self.on.predicted / (self.on.batch or 1)

    @property
    def priced(self) -> str:
        """How much of the network the time is of, where that is not most of it."""
        return f"{percent(self.on.coverage)} priced" if self.on.coverage < _MOSTLY else ""

    @property
    def costliest(self) -> RuleSaving | None:
        """The rule whose findings would save most, None where there are none."""
        return next(iter(self.on.rules), None)


def summary_rows(report: Report) -> Iterator[SummaryRow]:
    """Network by network, each on its targets in the order asked for."""
    for model in filter(was_linted, report.models):
        for target in model.targets:
            yield SummaryRow(model.path, target)
