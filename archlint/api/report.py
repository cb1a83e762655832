"""A report that a notebook can show and a test can hold on to."""

from __future__ import annotations

from archlint.api.document import Document, Rows
from archlint.results.findings import Report as LintReport
from archlint.results.findings import Severity

__all__ = ["FindingsError", "Report"]


class FindingsError(AssertionError):
    """A report has findings that it must not have, or a model that could not be linted."""


class Report(Document, LintReport):
    """What linting found; its table has a line for each finding on each target."""

    __slots__ = ()

    def raise_for_findings(self, severity: Severity | str = Severity.WARNING) -> None:
        """Raise FindingsError, an AssertionError, for findings from this severity on.

        Its text is one line for each, and for each model that could not be linted.
        """
        least = (severity if isinstance(severity, Severity) else Severity(severity)).rank
        lines = [
            f"{model.path}: {finding.severity.value} {finding.code} {finding.message}"
            f" ({finding.module or '?'})"
            for model in self.models
            for finding in model.findings
            if finding.severity.rank >= least
        ]
        if lines or self.errors:
            raise FindingsError("\n".join((*self.errors, *lines)))

    def to_json(self) -> str:
        """What `archlint check --format json` writes."""
        from archlint.report.as_json import render
        from archlint.report.style import Style

        return render(self, Style())

    def rows(self) -> Rows:
        """A line for each finding on each target; times in ms."""
        return [
            {
                "model": model.path,
                "code": finding.code,
                "name": finding.name,
                "target": price.target,
                "severity": price.severity.value,
                "module": finding.module,
                "places": finding.count,
                "message": finding.message,
                "now_ms": price.now * 1e3,
                "instead_ms": price.instead * 1e3,
                "slowdown": price.slowdown,
                "slowdown_low": price.slowdown_low,
                "slowdown_high": price.slowdown_high,
                "saving_ms": price.saving * 1e3,
                "saving_share": price.saving_share,
                "basis": price.basis.value,
            }
            for model in self.models
            for finding in model.findings
            for price in finding.prices
        ]

    def _said(self) -> str:
        from archlint.report.shown import tally

        return tally(self)

    def _repr_html_(self) -> str:
        from archlint.report.notebook import render

        return render(self)
