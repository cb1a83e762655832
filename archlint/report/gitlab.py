"""`--format gitlab`: a Code Quality report of GitLab.

See https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format.
"""

from __future__ import annotations

import hashlib

from archlint.report.escape import visible
from archlint.report.json_text import dumped
from archlint.report.result import Fault, Result, faults, remarks, results
from archlint.report.style import Style
from archlint.results.findings import Report, Severity

__all__ = ["render"]

_LEVELS = {Severity.ERROR: "critical", Severity.WARNING: "major", Severity.NOTE: "info"}


def render(report: Report, style: Style) -> str:  # noqa: ARG001 - every format takes a style
    """A JSON list with an entry for each fault, each finding and what was skipped."""
    read = [_fault(each, "unread", "blocker") for each in faults(report)]
    skipped = [_fault(each, "skipped", "info") for each in remarks(report)]
    return dumped([*read, *map(_issue, results(report)), *skipped])


def _fault(fault: Fault, name: str, severity: str) -> dict[str, object]:
    key = hashlib.sha256(f"{fault.file}\n{fault.text}".encode("utf-8", "backslashreplace"))
    return {
        "type": "issue",
        "check_name": f"archlint/{name}",
        "description": fault.text,
        "categories": ["Bug Risk"],
        "severity": severity,
        "fingerprint": key.hexdigest()[:32],
        "location": {"path": fault.file, "lines": {"begin": fault.line, "end": fault.line}},
    }


def _issue(result: Result) -> dict[str, object]:
    return {
        "type": "issue",
        "check_name": f"archlint/{result.finding.code}",
        "description": result.text,
        "categories": ["Performance"],
        "severity": _LEVELS[result.severity],
        "fingerprint": result.key,
        "location": {
            "path": visible(result.span.path),
            "lines": {"begin": result.span.line, "end": result.span.end_line},
        },
    }
