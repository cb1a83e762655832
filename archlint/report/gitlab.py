"""`--format gitlab`: a Code Quality report of GitLab.

See https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format.
"""

from __future__ import annotations

import hashlib

from archlint.report.escape import visible
from archlint.report.json_text import dumped
from archlint.report.result import Fault, Result, faults, results
from archlint.report.style import Style
from archlint.results.findings import Report, Severity

__all__ = ["render"]

_LEVELS = {Severity.ERROR: "critical", Severity.WARNING: "major", Severity.NOTE: "info"}


def render(report: Report, style: Style) -> str:  # noqa: ARG001 - every format takes a style
    """A JSON list with an entry for each fault and each finding."""
    return dumped([*map(_fault, faults(report)), *map(_issue, results(report))])


def _fault(fault: Fault) -> dict[str, object]:
    key = hashlib.sha256(f"{fault.file}\n{fault.text}".encode("utf-8", "backslashreplace"))
    return {
        "type": "issue",
        "check_name": "archlint/unread",
        "description": fault.text,
        "categories": ["Bug Risk"],
        "severity": "blocker",
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
