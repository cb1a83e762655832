"""`--format markdown`: for the summary of a CI job or a comment on a pull request.

GitHub takes 65,536 characters for a comment: texts, rows and lists are cut, and what is left out
is counted.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from archlint.report.change_told import change_told
from archlint.report.costs import apart_text
from archlint.report.escape import visible
from archlint.report.result import Result, remarks, results
from archlint.report.shown import closing, is_small, place_of, was_linted
from archlint.report.style import Style
from archlint.report.units import amount, counted, milliseconds, percent
from archlint.results.findings import IgnoredFinding, ModelReport, Report

__all__ = ["bullets", "finding_table", "folded", "render", "safe"]

_ROWS = 20
_FOLDED = 30
_LONGEST = 200

_SPECIAL = re.compile(r"([\\`*_{}\[\]()#+\-.!|<>~@&:$%^])")
_REFERENCE = re.compile(r"(?<=[@#!~$%^&])(?=[\w\"/])|(?<=[Gg][Hh])(?=-\d)")
"""Before a name or a number these refer to people, issues and labels, in GitHub and GitLab."""

_ZERO_WIDTH = "\u200b"


def render(report: Report, style: Style) -> str:
    """A small table of what counts, the rest folded away."""
    every = list(results(report))
    top = [each for each in every if not is_small(each.finding)]
    notes = [each for each in every if is_small(each.finding)]
    linted = [each for each in report.models if was_linted(each)]
    several = len({each.target for model in linted for each in model.targets}) > 1
    lines = [f"**archlint**: {safe(closing(report))}", ""]
    lines += finding_table(top, min(style.top or _ROWS, _ROWS), several=several)
    lines += bullets([f"error: {each}" for each in report.errors])
    lines += folded("What to do instead", _advice(top))
    lines += folded(
        counted(len(notes), "small note"), finding_table(notes, _FOLDED, several=several)
    )
    lines += folded("Models", _models(linted))
    lines += folded("Skipped, or not all read", bullets(each.text for each in remarks(report)))
    lines += folded("Ignored", _kept_back((each, each.ignored) for each in linted))
    lines += folded("In the baseline", _kept_back((each, each.known) for each in linted))
    return "\n".join(lines).rstrip("\n") + "\n"


def folded(title: str, lines: Sequence[str]) -> list[str]:
    """Lines that are seen when the title is clicked; nothing without lines."""
    if not lines:
        return []
    return [f"<details><summary>{title}</summary>", "", *lines, "</details>", ""]


def finding_table(found: Sequence[Result], most: int = _ROWS, *, several: bool) -> list[str]:
    """A row for each finding on each target; the target's name only where there are several."""
    if not found:
        return []
    head = ["", "finding", "where", "slower", "saves", *["on"] * several]
    line = ["---", "---", "---", "---:", "---:", *["---"] * several]
    rows = [f"| {' | '.join(cells)} |" for cells in (head, line)]
    for each in found[:most]:
        finding = each.finding
        places = f", {counted(finding.count, 'place')}" if finding.count > 1 else ""
        for price in finding.prices:
            saves = f"{milliseconds(price.saving)}, {percent(price.saving_share)}"
            cells = [
                price.severity.value,
                f"**{finding.code}** {safe(finding.message)}",
                f"{safe(_where(each))}: {safe(place_of(finding))}{places}",
                f"{price.slowdown:.2f}x",
                ("at most " if finding.upper_bound else "") + saves,
                *[safe(price.target)] * several,
            ]
            rows.append(f"| {' | '.join(cells)} |")
    return [*rows, "", *_more(len(found) - most)]


def _where(result: Result) -> str:
    if result.finding.location is None:
        return result.model.path
    return f"{result.span.path}:{result.span.line}"


def _advice(found: Sequence[Result]) -> list[str]:
    lines = []
    for each in found[:_ROWS]:
        if not each.finding.places:
            continue
        lines.append(f"- **{each.finding.code}** {safe(_where(each))}: {safe(_of(each))}")
        lines += [f"  - {label}: {safe(text)}" for label, text in change_told(each.finding)]
    return [*lines, ""] if lines else []


def _of(result: Result) -> str:
    place = result.finding.places[0]
    return place.module or place_of(result.finding)


def _models(models: Sequence[ModelReport]) -> list[str]:
    rows = []
    for model in models:
        for target in model.targets:
            cells = [
                safe(model.path),
                amount(model.flops, "FLOPs"),
                amount(model.parameters),
                f"{milliseconds(target.predicted)} ({target.basis.value})",
                safe(apart_text(target)),
                safe(target.target),
            ]
            rows.append(f"| {' | '.join(cells)} |")
    if not rows:
        return []
    head = [
        "| model | FLOPs | parameters | predicted | the time | on |",
        "|---|---:|---:|---:|---|---|",
    ]
    return [*head, *rows[:_FOLDED], "", *_more(len(rows) - _FOLDED)]


def _kept_back(found: Iterable[tuple[ModelReport, Sequence[IgnoredFinding]]]) -> list[str]:
    return bullets(
        f"{each.finding.code} {model.path}: {place_of(each.finding)}: {each.reason}"
        for model, kept in found
        for each in kept
    )


def bullets(texts: Iterable[str]) -> list[str]:
    """A list, cut where it is long."""
    lines = [f"- {safe(each)}" for each in texts]
    return [*lines[:_FOLDED], "", *_more(len(lines) - _FOLDED)] if lines else []


def _more(count: int) -> list[str]:
    return [f"{count} more {'is' if count == 1 else 'are'} not shown.", ""] if count > 0 else []


def safe(text: str) -> str:
    """Text that says in Markdown what it says: no markup, link, mention, reference or HTML."""
    shown = visible(text)
    if len(shown) > _LONGEST:
        shown = f"{shown[: _LONGEST - 3]}..."
    # mentions and references are looked for after Markdown is drawn: only another sign parts them
    apart = _REFERENCE.sub(_ZERO_WIDTH, shown)
    quoted = _SPECIAL.sub(r"\\\1", apart).replace("\\<", "&lt;")
    return quoted.replace(_ZERO_WIDTH, "&#8203;")
