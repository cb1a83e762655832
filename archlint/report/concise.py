"""`--format concise`: one line per finding, for editors and grep."""

from __future__ import annotations

from archlint.findings import Report
from archlint.report.page import Page
from archlint.report.shown import place_of, shown
from archlint.report.style import Style

__all__ = ["render"]


def render(report: Report, style: Style) -> str:
    """`path:place: CODE message` for each finding."""
    page = Page(None, style.color)
    for model in report.models:
        for finding in shown(model, style):
            place = (place_of(finding), "bold")
            code = (finding.code, "bold red")
            page.line((model.path, "bold"), ":", place, ": ", code, " ", finding.message)
    return page.text()
