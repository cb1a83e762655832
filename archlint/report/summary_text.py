"""`--summary` for a person: networks by targets."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from archlint.report.page import Page
from archlint.report.shown import closing
from archlint.report.style import Style
from archlint.report.summary import SummaryRow, summary_rows
from archlint.report.units import figure, milliseconds, percent
from archlint.results.findings import Report

__all__ = ["render"]

_DIM = "dim"
_STRONG = "bold"
_HEAD = ("network, target", "batch", "predicted", "band", "for one", "costs most")
_ALIGN = "<>>>><"


def render(report: Report, style: Style) -> str:
    """A line for each network on each target: its time, and what costs most of it."""
    page = Page(style.width, style.color)
    rows = list(summary_rows(report))
    lines = [_cells(each) for each in rows]
    widths = [max(map(len, column)) for column in zip(_HEAD, *lines, strict=True)]
    is_narrow = sum(widths) + 2 * (len(widths) - 1) > style.width
    if rows:
        for text in _written(_HEAD, widths, is_narrow=is_narrow):
            page.verbatim((text, _DIM))
    for path, of_model in groupby(zip(rows, lines, strict=True), key=lambda each: each[0].model):
        page.line((path, _STRONG))
        for _, line in of_model:
            for text in _written(line, widths, is_narrow=is_narrow):
                page.verbatim(text)
    if rules := {each.code: each.name for row in rows for each in row.on.rules[:1]}:
        page.blank()
        named = ", ".join(f"{code} {rules[code]}" for code in sorted(rules))
        text = f"Costs most: {named}; what all of its findings would save, notes too."
        page.line((text, _DIM))
    if any(row.priced for row in rows):
        text = "Priced: the share of the memory access that has a price; the time is of that alone."
        page.line((text, _DIM))
    page.line((closing(report, Style(notes=True)), _STRONG), hang=2)
    return page.text()


def _written(cells: Sequence[str], widths: Sequence[int], *, is_narrow: bool) -> list[str]:
    """A row in one line, or where that is too long its figures in a line below its name."""
    if not is_narrow:
        return [_aligned(cells, widths)]
    return [cells[0], _aligned(("", *cells[1:]), (2, *widths[1:]))]


def _aligned(cells: Sequence[str], widths: Sequence[int]) -> str:
    padded = [
        cell.rjust(width) if side == ">" else cell.ljust(width)
        for cell, width, side in zip(cells, widths, _ALIGN, strict=True)
    ]
    return "  ".join(padded).rstrip()


def _cells(row: SummaryRow) -> Sequence[str]:
    on, rule = row.on, row.costliest
    cost = "nothing" if rule is None else f"{rule.code} {percent(rule.share)}"
    return (
        f"  {on.target}",
        "" if on.batch is None else str(on.batch),
        milliseconds(on.predicted),
        f"{figure(on.low * 1e3)} to {figure(on.high * 1e3)}",
        milliseconds(row.each),
        f"{cost} ({row.priced})" if row.priced else cost,
    )
