"""`--format rdjson`: diagnostics for reviewdog.

See https://github.com/reviewdog/reviewdog/tree/master/proto/rdf.  Columns count bytes of UTF-8.
"""

from __future__ import annotations

from archlint.location import Span
from archlint.report.escape import visible
from archlint.report.json_text import dumped
from archlint.report.result import Fault, Result, faults, remarks, results
from archlint.report.style import Style
from archlint.results.findings import Report, Severity
from archlint.version import HOME

__all__ = ["render"]

_LEVELS = {Severity.ERROR: "ERROR", Severity.WARNING: "WARNING", Severity.NOTE: "INFO"}


def render(report: Report, style: Style) -> str:  # noqa: ARG001 - every format takes a style
    """A DiagnosticResult with a diagnostic for each fault, each finding and what was skipped."""
    return dumped(
        {
            "source": {"name": "archlint", "url": HOME},
            "diagnostics": [
                *(_told(each, Severity.ERROR) for each in faults(report)),
                *(_diagnostic(each, report.url_of(each.finding.code)) for each in results(report)),
                *(_told(each, Severity.NOTE) for each in remarks(report)),
            ],
        }
    )


def _told(fault: Fault, severity: Severity) -> dict[str, object]:
    return {
        "message": fault.text,
        "location": {"path": fault.file, "range": {"start": {"line": fault.line}}},
        "severity": _LEVELS[severity],
    }


def _diagnostic(result: Result, url: str) -> dict[str, object]:
    span, code = result.span, result.finding.code
    return {
        "message": result.text,
        "location": {"path": visible(span.path), "range": _range(span)},
        "severity": _LEVELS[result.severity],
        "code": {"value": code, "url": url or HOME},
    }


def _range(span: Span) -> dict[str, object]:
    place: dict[str, object] = {"start": {"line": span.line, "column": _bytes(span, span.column)}}
    if span.end_line > span.line:
        # only the first line is at hand, so that the column of another one cannot be told
        place["end"] = {"line": span.end_line}
    elif span.end_column > span.column:
        place["end"] = {"line": span.line, "column": _bytes(span, span.end_column)}
    return place


def _bytes(span: Span, column: int) -> int:
    before = span.text[: column - 1]
    return column + len(before.encode("utf-8", "replace")) - len(before)
