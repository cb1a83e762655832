"""`--format sarif`: SARIF 2.1.0, as GitHub's code scanning takes it.

See https://docs.oasis-open.org/sarif/sarif/v2.1.0 and
https://docs.github.com/code-security/code-scanning/integrating-with-code-scanning/sarif-support.
A run is one target: what is found on it does not replace what is found on another one.  Code
scanning goes by the fingerprint `primaryLocationLineHash`, and makes it from the line of the file
where a run has none: for a model's file that would be the same for all findings.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from archlint.location import Span
from archlint.report.escape import visible
from archlint.report.json_text import Json, dumped
from archlint.report.result import (
    Fault,
    Result,
    costs_of,
    faults,
    remarks,
    results,
    what_to_do,
)
from archlint.report.style import Style
from archlint.results.findings import PricedOn, Report, RuleInfo, Severity
from archlint.version import HOME, __version__

__all__ = ["render"]

_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "note"}


def render(report: Report, style: Style) -> str:  # noqa: ARG001 - every format takes a style
    """A run for each target; without any target a run that says why."""
    targets = dict.fromkeys(each.target for model in report.models for each in model.targets)
    document = {
        "$schema": _SCHEMA,
        "version": "2.1.0",
        "runs": [_run(report, target) for target in targets or ("",)],
    }
    return dumped(document)


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
                "informationUri": HOME,
                "rules": [_rule(each) for each in report.rules],
            }
        },
        "automationDetails": {"id": f"archlint/{target}/" if target else "archlint/"},
        "invocations": [
            {
                "executionSuccessful": not report.errors,
                "toolExecutionNotifications": [
                    *(_told(each, "error") for each in faults(report)),
                    *(_told(each, "note") for each in remarks(report)),
                ],
            }
        ],
        "columnKind": "unicodeCodePoints",
        "results": found,
    }


def _told(fault: Fault, level: str) -> Json:
    told: dict[str, object] = {"level": level, "message": {"text": _plain(fault.text)}}
    if fault.file != ".":
        place = _place(Span(fault.file, fault.line, 1, fault.line, 1, ""))
        told["locations"] = [{"physicalLocation": place}]
    return told


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
        "helpUri": rule.url or HOME,
        "defaultConfiguration": {"level": "warning"},
        "properties": {"tags": ["performance", "architecture"], "problem.severity": "warning"},
    }


def _result(result: Result, price: PricedOn, rules: Mapping[str, int]) -> Json:
    finding = result.finding
    what = f"{finding.message}, {finding.module or result.model.path}"
    costs = costs_of(result.model, finding, [price])
    found: dict[str, object] = {
        "ruleId": finding.code,
        "level": _LEVELS[price.severity],
        "message": {"text": _plain(visible(f"{what}: {costs} {what_to_do(finding)}"))},
        "locations": [{"physicalLocation": _place(result.span)}],
        "relatedLocations": _calls(result),
        "partialFingerprints": {
            "archlint/v1": result.key,
            "primaryLocationLineHash": f"{result.key[:16]}:1",
        },
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


def _plain(text: str) -> str:
    """Text in which SARIF sees no link: it takes `[text](target)` for one in any message."""
    return re.sub(r"([\\\[\]])", r"\\\1", text)


def _place(span: Span) -> Json:
    region: dict[str, object] = {"startLine": span.line, "startColumn": span.column}
    if (span.end_line, span.end_column) > (span.line, span.column):
        region |= {"endLine": span.end_line, "endColumn": span.end_column}
    if span.text and span.end_line == span.line:
        told = span.text[span.column - 1 : span.end_column - 1]
        region["snippet"] = {"text": visible(told)}
    return {"artifactLocation": _file(span.path), "region": region}


def _calls(result: Result) -> list[Json]:
    """The layer's own line, where another line decides of it, and the calls that led there."""
    location = result.finding.location
    if location is None:
        return []
    spans = [(location.span, "the layer")]
    spans += [(call.span, f"{call.what} in {call.inside}") for call in location.chain]
    return [
        {"id": number, "message": {"text": _plain(visible(what))}, "physicalLocation": _place(span)}
        for number, (span, what) in enumerate(spans, 1)
        if span != result.span
    ]


def _file(path: str) -> Json:
    if path.startswith("/"):
        return {"uri": f"file://{_uri(path)}"}
    return {"uri": _uri(path), "uriBaseId": "%SRCROOT%"}


def _uri(path: str) -> str:
    """A relative reference: what has a meaning in a URI is written out."""
    safe = "/-_.~"
    return "".join(
        each if each.isascii() and (each.isalnum() or each in safe) else _quoted(each)
        for each in path
    )


def _quoted(char: str) -> str:
    return "".join(f"%{byte:02X}" for byte in char.encode("utf-8", "surrogatepass"))
