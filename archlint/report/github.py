"""`--format github`: annotations of GitHub Actions.

See https://docs.github.com/actions/reference/workflow-commands-for-github-actions: GitHub shows
at most ten annotations of a level for a step, so the dearest come first and the rest is counted.
"""

from __future__ import annotations

from collections import Counter

from archlint.report.escape import visible
from archlint.report.result import Fault, Result, faults, remarks, results
from archlint.report.shown import is_small
from archlint.report.style import Style
from archlint.results.findings import Report, Severity

__all__ = ["render"]

MOST_OF_A_LEVEL = 10
_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "notice"}


def render(report: Report, style: Style) -> str:
    """`::warning file=...,line=...::text` for each finding, each fault and what was skipped."""
    unread = list(faults(report))
    lines = [_told(each, Severity.ERROR) for each in unread[:MOST_OF_A_LEVEL]]
    count: Counter[Severity] = Counter({Severity.ERROR: len(unread)})
    for each in results(report):
        if is_small(each.finding) and not style.notes:
            continue
        count[each.severity] += 1
        if count[each.severity] <= MOST_OF_A_LEVEL:
            lines.append(_annotation(each))
    for remark in remarks(report):
        count[Severity.NOTE] += 1
        if count[Severity.NOTE] <= MOST_OF_A_LEVEL:
            lines.append(_told(remark, Severity.NOTE))
    for severity, number in count.items():
        if number > MOST_OF_A_LEVEL:
            more = f"{number - MOST_OF_A_LEVEL} more of level {severity.value} are not annotated"
            lines.append(f"archlint: {more}")
    return "".join(f"{line}\n" for line in lines)


def _told(fault: Fault, severity: Severity) -> str:
    place = {"file": fault.file, "line": str(fault.line)} if fault.file != "." else {}
    return _command(_LEVELS[severity], {**place, "title": "archlint"}, fault.text)


def _annotation(result: Result) -> str:
    span, finding = result.span, result.finding
    properties = {
        "file": span.path,
        "line": str(span.line),
        "endLine": str(span.end_line),
        "title": f"{finding.code} {finding.name}",
    }
    if span.end_line == span.line and span.end_column > span.column:
        properties |= {"col": str(span.column), "endColumn": str(span.end_column - 1)}
    # the place stands in the text too: logs do not show properties
    return _command(
        _LEVELS[result.severity], properties, f"{visible(span.path)}:{span.line}: {result.text}"
    )


def _command(name: str, properties: dict[str, str], text: str) -> str:
    told = ",".join(f"{key}={_property(visible(value))}" for key, value in properties.items())
    return f"::{name} {told}::{_data(text)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
