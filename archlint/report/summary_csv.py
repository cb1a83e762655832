"""`--format csv`: each network on each target as a line of a table, for a spreadsheet."""

from __future__ import annotations

import csv
from io import StringIO

from archlint.report.escape import visible
from archlint.report.json_text import ms, rounded
from archlint.report.style import Style
from archlint.report.summary import SummaryRow, summary_rows
from archlint.results.findings import Report

__all__ = ["render"]

_HEAD = (
    "model", "target", "batch", "predicted_ms", "low_ms", "high_ms", "basis", "coverage",
    "rule", "rule_name", "rule_saving_ms", "rule_saving_share",
)  # fmt: skip


def render(report: Report, style: Style) -> str:  # noqa: ARG001 - every format takes a style
    """A line for each network on each target; `rule` is the one that costs most there."""
    file = StringIO()
    table = csv.writer(file, lineterminator="\n")
    table.writerow(_HEAD)
    table.writerows(map(_cells, summary_rows(report)))
    return file.getvalue()


def _cells(row: SummaryRow) -> list[object]:
    on, rule = row.on, row.costliest
    cost = ["", "", "", ""]
    if rule is not None:
        cost = [rule.code, rule.name, str(ms(rule.saving)), str(rounded(rule.share))]
    return [
        _inert(visible(row.model)), _inert(visible(on.target)), on.batch, ms(on.predicted),
        ms(on.low), ms(on.high), on.basis.value, rounded(on.coverage), *cost,
    ]  # fmt: skip


def _inert(name: str) -> str:
    """A name that a spreadsheet takes for no formula."""
    return f"'{name}" if name.startswith(("=", "+", "-", "@")) else name
