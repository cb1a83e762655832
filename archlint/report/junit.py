"""`--format junit`: test results that any CI shows; a suite a model, a case a rule.

After the schema of Jenkins' xUnit plugin (junit-10.xsd).
"""

from __future__ import annotations

from xml.sax.saxutils import escape, quoteattr

from archlint.findings import ModelReport, Report, Severity
from archlint.report.escape import visible
from archlint.report.result import text_of
from archlint.report.style import Style

__all__ = ["render"]


def render(report: Report, style: Style) -> str:  # noqa: ARG001 - every format takes a style
    """Warnings and errors are failures, models that could not be linted are errors."""
    suites = "".join(_suite(each) for each in report.models)
    failures = sum(map(_failures, report.models))
    errors = sum(each.error is not None for each in report.models)
    cases = sum(map(_cases, report.models))
    counts = f'tests="{cases}" failures="{failures}" errors="{errors}"'
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<testsuites name="archlint" {counts}>\n{suites}</testsuites>\n'
    )


def _failures(model: ModelReport) -> int:
    return sum(each.severity is not Severity.NOTE for each in model.findings)


def _cases(model: ModelReport) -> int:
    return max(_failures(model) + (model.error is not None), 1)


def _suite(model: ModelReport) -> str:
    name = _attribute(model.path)
    failed = [each for each in model.findings if each.severity is not Severity.NOTE]
    cases = "".join(
        f"    <testcase classname={name} name={_attribute(f'{each.code} {each.module}')}>\n"
        f"      <failure type={_attribute(each.severity.value)} message={_attribute(each.message)}>"
        f"{escape(text_of(model, each))}</failure>\n    </testcase>\n"
        for each in failed
    )
    if model.error is not None:
        cases += (
            f'    <testcase classname={name} name="read">\n'
            f'      <error type="error" message={_attribute(model.error)}></error>\n'
            "    </testcase>\n"
        )
    if not cases:
        cases = f'    <testcase classname={name} name="no finding"></testcase>\n'
    counts = f'tests="{_cases(model)}" failures="{_failures(model)}"'
    return (
        f'  <testsuite name={name} {counts} errors="{int(model.error is not None)}">\n'
        f"{cases}  </testsuite>\n"
    )


def _attribute(text: str) -> str:
    return quoteattr(visible(text))
