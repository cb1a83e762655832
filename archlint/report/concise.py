"""`--format concise`: one line per finding, for editors and grep."""

from __future__ import annotations

from archlint.report.page import Page
from archlint.report.result import file_of
from archlint.report.shown import place_of, shown
from archlint.report.style import Style
from archlint.results.findings import Finding, ModelReport, PricedOn, Report

__all__ = ["render"]


def render(report: Report, style: Style) -> str:
    """`path:line:column: severity CODE message (-9.4 %, 1.26x on TARGET)` a finding.

    Where the line of the source is not known it is that of the model's entry in the configuration
    or the first of its file, and the message names the place.
    """
    page = Page(None, style.color)
    for model in report.models:
        for finding in shown(model, style):
            where, place = _where(model, finding)
            most = max(finding.prices, key=lambda each: each.saving_share)
            page.line(
                (where, "bold"), ": ", finding.severity.value, " ", (finding.code, "bold red"),
                " ", finding.message, place, (f" ({_cost(model, most)})", "dim"),
            )  # fmt: skip
    return page.text()


def _where(model: ModelReport, finding: Finding) -> tuple[str, str]:
    """The line and column, and what the line does not tell of the place."""
    if finding.location is not None:
        span = finding.location.span
        return f"{span.path}:{span.line}:{span.column}", ""
    place = f", {place_of(finding)}"
    if (entry := model.entry) is not None:
        return f"{entry.path}:{entry.line}:{entry.column}", f"{place} of {model.path}"
    return f"{file_of(model)}:1:1", place


def _cost(model: ModelReport, price: PricedOn) -> str:
    batch = "" if model.batch is None else f" at batch {model.batch}"
    saved = f"-{price.saving_share * 100:.1f} %"
    return f"{saved}, {price.slowdown:.2f}x on {price.target}{batch}"
