"""`--summary --format markdown`: the table of networks by targets."""

from __future__ import annotations

from archlint.report.markdown import bullets, safe
from archlint.report.shown import closing
from archlint.report.style import Style
from archlint.report.summary import SummaryRow, summary_rows
from archlint.report.units import figure, milliseconds, percent
from archlint.results.findings import Report

__all__ = ["render"]

_HEAD = [
    "| network | on | batch | predicted | band | for one | costs most |",
    "|---|---|---:|---:|---:|---:|---|",
]


def render(report: Report, style: Style) -> str:  # noqa: ARG001 - every format takes a style
    """A row for each network on each target, then what could not be linted."""
    lines = [f"**archlint**: {safe(closing(report))}", "", *_HEAD]
    lines += map(_row, summary_rows(report))
    lines += ["", *bullets(f"error: {each}" for each in report.errors)]
    return "\n".join(lines).rstrip("\n") + "\n"


def _row(row: SummaryRow) -> str:
    on, rule = row.on, row.costliest
    cost = (
        "nothing" if rule is None else (f"**{rule.code}** {safe(rule.name)}, {percent(rule.share)}")
    )
    cells = [
        safe(row.model),
        safe(on.target),
        "" if on.batch is None else str(on.batch),
        milliseconds(on.predicted),
        f"{figure(on.low * 1e3)} to {figure(on.high * 1e3)}, {on.basis.value}",
        milliseconds(row.each),
        f"{cost} ({row.priced})" if row.priced else cost,
    ]
    return f"| {' | '.join(cells)} |"
