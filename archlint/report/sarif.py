"""`--format sarif`: SARIF 2.1.0, as GitHub's code scanning takes it.

See https://docs.oasis-open.org/sarif/sarif/v2.1.0 and
https://docs.github.com/code-security/code-scanning/integrating-with-code-scanning/sarif-support.
A run is one target: what is found on it does not replace what is found on another one.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from archlint.findings import PricedOn, Report, RuleInfo, Severity
from archlint.report.escape import visible
from archlint.report.result import Result, results, sentence
from archlint.report.style import Style
from archlint.version import __version__

__all__ = ["render"]

_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_URL = "https://github.com/archlint/archlint"
_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "note"}

Json = Mapping[str, object]


def render(report: Report, style: Style) -> str:  # noqa: ARG001 - every format takes a style
    """A run for each target; without any target a run that says why."""
    targets = dict.fromkeys(each.target for model in report.models for each in model.targets)
    document = {
        "$schema": _SCHEMA,
        "version": "2.1.0",
        "runs": [_run(report, target) for target in targets or ("",)],
    }
    return json.dumps(document, indent=2) + "\n"


def _run(report: Report, target: str) -> Json:
    rules = {each.code: number for number, each in enumerate(report.rules)}
    found = [
        _result(each, price, rules)
        for each in results(report)
        for price in each.finding.prices
        if price.target == target
    ]
    return {
        "tool": {
            "driver": {
                "name": "archlint",
                "version": __version__,
                "semanticVersion": __version__,
                "informationUri": _URL,
                "rules": [_rule(each) for each in report.rules],
            }
        },
        "automationDetails": {"id": f"archlint/{target or 'no target'}/"},
        "invocations": [
            {
                "executionSuccessful": not report.errors,
                "toolExecutionNotifications": [
                    {"level": "error", "message": {"text": visible(each)}} for each in report.errors
                ],
            }
        ],
        "columnKind": "unicodeCodePoints",
        "results": found,
    }


def _rule(rule: RuleInfo) -> Json:
    return {
        "id": rule.code,
        "name": "".join(part.capitalize() for part in rule.name.split("-")),
        "shortDescription": {"text": rule.summary},
        "fullDescription": {"text": rule.summary},
        "help": {
            "text": f"archlint rule {rule.code} explains it, with the measured tables.",
            "markdown": rule.page,
        },
        "helpUri": f"{_URL}/tree/main/rules",
        "defaultConfiguration": {"level": "warning"},
        "properties": {"tags": ["performance", "architecture"], "problem.severity": "warning"},
    }


def _result(result: Result, price: PricedOn, rules: Mapping[str, int]) -> Json:
    finding = result.finding
    what = visible(f"{finding.message}, {finding.module or result.model.path}")
    found: dict[str, object] = {
        "ruleId": finding.code,
        "level": _LEVELS[price.severity],
        "message": {"text": f"{what}: {sentence(finding, price)}."},
        "locations": [{"physicalLocation": _place(result)}],
        "partialFingerprints": {"archlint/v1": result.key},
        "properties": {
            "model": visible(result.model.path),
            "places": finding.count,
            "nowMs": round(price.now * 1e3, 6),
            "insteadMs": round(price.instead * 1e3, 6),
            "savingShare": round(price.saving_share, 6),
            "basis": price.basis.value,
        },
    }
    if finding.code in rules:
        found["ruleIndex"] = rules[finding.code]
    return found


def _place(result: Result) -> Json:
    span = result.span
    region: dict[str, object] = {"startLine": span.line, "startColumn": span.column}
    if (span.end_line, span.end_column) > (span.line, span.column):
        region |= {"endLine": span.end_line, "endColumn": span.end_column}
    return {"artifactLocation": {"uri": _uri(span.path)}, "region": region}


def _uri(path: str) -> str:
    """A relative reference: what has a meaning in a URI is written out."""
    safe = "/-_.~"
    return "".join(
        each if each.isascii() and (each.isalnum() or each in safe) else _quoted(each)
        for each in path
    )


def _quoted(char: str) -> str:
    return "".join(f"%{byte:02X}" for byte in char.encode("utf-8", "surrogatepass"))
