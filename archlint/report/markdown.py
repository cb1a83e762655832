"""`--format markdown`: for the summary of a CI job or a comment on a pull request."""

from __future__ import annotations

import re

from archlint.findings import ModelReport, Report, Severity
from archlint.report.escape import visible
from archlint.report.result import Result, results
from archlint.report.shown import place_of, tally, was_linted
from archlint.report.style import Style
from archlint.report.units import amount, counted, milliseconds, percent

__all__ = ["finding_table", "render", "safe"]

_SPECIAL = re.compile(r"([\\`*_{}\[\]()#+\-.!|<>~@&:])")


def render(report: Report, style: Style) -> str:
    """A small table of what counts, the rest folded away."""
    every = list(results(report))
    top = [each for each in every if each.severity is not Severity.NOTE]
    notes = [each for each in every if each.severity is Severity.NOTE]
    lines = [f"**archlint**: {safe(tally(report))}", ""]
    lines += finding_table(top[: style.top])
    if top[len(top[: style.top]) :]:
        lines += [f"{len(top) - len(top[: style.top])} more are not shown.", ""]
    for text in report.errors:
        lines += [f"- error: {safe(text)}"]
    lines += [""] * bool(report.errors)
    if notes:
        lines += ["<details><summary>" + counted(len(notes), "note") + "</summary>", ""]
        lines += [*finding_table(notes), "</details>", ""]
    linted = [each for each in report.models if was_linted(each)]
    if linted:
        lines += ["<details><summary>Models</summary>", "", *_models(linted), "</details>", ""]
    return "\n".join(lines).rstrip("\n") + "\n"


def finding_table(found: list[Result]) -> list[str]:
    """A row for each finding and target; nothing without findings."""
    if not found:
        return []
    lines = ["| | finding | where | slower | saves | on |", "|---|---|---|---:|---:|---|"]
    for each in found:
        finding = each.finding
        where = (
            each.model.path if finding.location is None else f"{each.span.path}:{each.span.line}"
        )
        places = f", {counted(finding.count, 'place')}" if finding.count > 1 else ""
        for price in finding.prices:
            most = "at most " if finding.upper_bound else ""
            cells = [
                price.severity.value,
                f"**{finding.code}** {safe(finding.message)}",
                safe(f"{where}: {place_of(finding)}{places}"),
                f"{price.slowdown:.2f}x",
                f"{most}{milliseconds(price.saving)}, {percent(price.saving_share)}",
                safe(price.target),
            ]
            lines.append(f"| {' | '.join(cells)} |")
    return [*lines, ""]


def _models(models: list[ModelReport]) -> list[str]:
    lines = ["| model | FLOPs | parameters | predicted | on |", "|---|---:|---:|---:|---|"]
    for model in models:
        for target in model.targets:
            cells = [
                safe(model.path),
                amount(model.flops, "FLOPs"),
                amount(model.parameters),
                f"{milliseconds(target.predicted)} ({target.basis.value})",
                safe(target.target),
            ]
            lines.append(f"| {' | '.join(cells)} |")
    return [*lines, ""]


def safe(text: str) -> str:
    """Text that says in Markdown what it says, with no markup, link, mention or HTML of its own."""
    return _SPECIAL.sub(r"\\\1", visible(text)).replace("\\@", "&#64;").replace("\\<", "&lt;")
