"""`--format gitlab`: a Code Quality report of GitLab.

See https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format.
"""

from __future__ import annotations

import json

from archlint.findings import Report, Severity
from archlint.report.result import Result, results
from archlint.report.style import Style

__all__ = ["render"]

_LEVELS = {Severity.ERROR: "critical", Severity.WARNING: "major", Severity.NOTE: "info"}


def render(report: Report, style: Style) -> str:  # noqa: ARG001 - every format takes a style
    """A JSON list with an entry for each finding."""
    return json.dumps([_issue(each) for each in results(report)], indent=2) + "\n"


def _issue(result: Result) -> dict[str, object]:
    return {
        "type": "issue",
        "check_name": f"archlint/{result.finding.code}",
        "description": result.text,
        "categories": ["Performance"],
        "severity": _LEVELS[result.severity],
        "fingerprint": result.key,
        "location": {
            "path": result.span.path,
            "lines": {"begin": result.span.line, "end": result.span.end_line},
        },
    }
