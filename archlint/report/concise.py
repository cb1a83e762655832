"""`--format concise`: one line per finding, for editors and grep."""

from __future__ import annotations

from archlint.report.page import Page
from archlint.report.shown import place_of, shown
from archlint.report.style import Style
from archlint.results.findings import Finding, ModelReport, Report

__all__ = ["render"]


def render(report: Report, style: Style) -> str:
    """`path:place: CODE message` for each finding, or `file.py:line:column: CODE message`."""
    page = Page(None, style.color)
    for model in report.models:
        for finding in shown(model, style):
            path, place = _where(model, finding)
            code = (finding.code, "bold red")
            page.line((path, "bold"), ":", (place, "bold"), ": ", code, " ", finding.message)
    return page.text()


def _where(model: ModelReport, finding: Finding) -> tuple[str, str]:
    if finding.location is None:
        return model.path, place_of(finding)
    span = finding.location.span
    return span.path, f"{span.line}:{span.column}"
