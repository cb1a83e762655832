"""`--format rdjson`: diagnostics for reviewdog.

See https://github.com/reviewdog/reviewdog/tree/master/proto/rdf.
"""

from __future__ import annotations

import json

from archlint.findings import Report, Severity
from archlint.report.escape import visible
from archlint.report.result import Result, file_of, results
from archlint.report.style import Style

__all__ = ["render"]

_LEVELS = {Severity.ERROR: "ERROR", Severity.WARNING: "WARNING", Severity.NOTE: "INFO"}
_URL = "https://github.com/archlint/archlint"


def render(report: Report, style: Style) -> str:  # noqa: ARG001 - every format takes a style
    """A DiagnosticResult with a diagnostic for each finding and each model that was not linted."""
    unread = [
        {
            "message": visible(model.error),
            "location": {"path": file_of(model)},
            "severity": "ERROR",
        }
        for model in report.models
        if model.error is not None
    ]
    document = {
        "source": {"name": "archlint", "url": _URL},
        "diagnostics": [*unread, *(_diagnostic(each) for each in results(report))],
    }
    return json.dumps(document, indent=2) + "\n"


def _diagnostic(result: Result) -> dict[str, object]:
    span = result.span
    place: dict[str, object] = {"start": {"line": span.line, "column": span.column}}
    if (span.end_line, span.end_column) > (span.line, span.column):
        place["end"] = {"line": span.end_line, "column": span.end_column}
    code = result.finding.code
    return {
        "message": result.text,
        "location": {"path": span.path, "range": place},
        "severity": _LEVELS[result.severity],
        "code": {"value": code, "url": f"{_URL}/blob/main/rules"},
    }
