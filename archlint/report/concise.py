"""`--format concise`: one line per finding, for editors and grep."""

from __future__ import annotations

from archlint.report.page import Page
from archlint.report.result import share_of
from archlint.report.shown import place_of, shown
from archlint.report.style import Style
from archlint.results.findings import Finding, ModelReport, Report

__all__ = ["render"]


def render(report: Report, style: Style) -> str:
    """`path:place: CODE message (what it saves)` a finding, or `file.py:line:column: CODE ...`."""
    page = Page(None, style.color)
    for model in report.models:
        for finding in shown(model, style):
            path, place = _where(model, finding)
            code = (finding.code, "bold red")
            most = max(finding.prices, key=lambda each: each.saving_share)
            page.line(
                (path, "bold"), ":", (place, "bold"), ": ", code, " ", finding.message,
                (f" ({share_of(model, most)})", "dim"),
            )  # fmt: skip
    return page.text()


def _where(model: ModelReport, finding: Finding) -> tuple[str, str]:
    if finding.location is None:
        return model.path, place_of(finding)
    span = finding.location.span
    return span.path, f"{span.line}:{span.column}"
