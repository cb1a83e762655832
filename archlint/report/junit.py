"""`--format junit`: test results that any CI shows; a suite a model, a case a finding.

After the schema of Jenkins' xUnit plugin (junit-10.xsd).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape, quoteattr

from archlint.report.escape import visible
from archlint.report.result import text_of
from archlint.report.shown import asides, is_small, place_of
from archlint.report.style import Style
from archlint.results.findings import Finding, ModelReport, Report, Severity

__all__ = ["render"]


@dataclass(frozen=True, slots=True)
class _Case:
    """`tag` is "failure", "error" or "skipped"; a case that passes has "system-out" or ""."""

    name: str
    tag: str = ""
    type: str = ""
    message: str = ""
    text: str = ""


def render(report: Report, style: Style) -> str:  # noqa: ARG001 - every format takes a style
    """Warnings and errors are failures; models that could not be linted and faults are errors.

    Notes that are not small are cases that pass, and tell what they tell.
    """
    suites = [(each.path, _cases(each)) for each in report.models]
    if report.problems:
        faults = [_Case("run", "error", "fault", each) for each in report.problems]
        suites.append(("archlint", faults))
    every = [case for _, cases in suites for case in cases]
    body = "".join(_suite(name, cases) for name, cases in suites)
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<testsuites name="archlint" {_counts(every)}>\n{body}</testsuites>\n'
    )


def _cases(model: ModelReport) -> list[_Case]:
    cases = [_finding(model, each) for each in model.findings if not is_small(each)]
    if model.error is not None:
        cases.append(_Case("read", "error", "unread", model.error))
    cases += [_Case("read", "skipped", "skipped", each) for each in asides(model)]
    return cases or [_Case("no finding")]


def _finding(model: ModelReport, finding: Finding) -> _Case:
    name = f"{finding.code} {finding.name}: {place_of(finding)}"
    text = text_of(model, finding)
    if finding.severity is Severity.NOTE:
        return _Case(name, "system-out", text=text)
    return _Case(name, "failure", finding.severity.value, finding.message, text)


def _suite(name: str, cases: Sequence[_Case]) -> str:
    body = "".join(_case(name, each) for each in cases)
    skipped = sum(each.tag == "skipped" for each in cases)
    counts = _counts(cases) + f' skipped="{skipped}"' * bool(skipped)
    return f"  <testsuite name={_quoted(name)} {counts}>\n{body}  </testsuite>\n"


def _case(suite: str, case: _Case) -> str:
    start = f"    <testcase classname={_quoted(suite)} name={_quoted(case.name)}"
    if not case.tag:
        return f"{start}/>\n"
    told = f" type={_quoted(case.type)} message={_quoted(case.message)}" if case.type else ""
    text = escape(visible(case.text))
    return f"{start}>\n      <{case.tag}{told}>{text}</{case.tag}>\n    </testcase>\n"


def _counts(cases: Sequence[_Case]) -> str:
    failures, errors = (sum(each.tag == tag for each in cases) for tag in ("failure", "error"))
    return f'tests="{len(cases)}" failures="{failures}" errors="{errors}"'


def _quoted(text: str) -> str:
    return quoteattr(visible(text))
