"""`--statistics`: how much each rule finds, instead of the findings themselves."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from archlint.report.page import Page, Part
from archlint.report.shown import closing, was_linted
from archlint.report.style import Style
from archlint.report.units import counted, milliseconds, percent
from archlint.results.findings import Finding, ModelReport, PricedOn, Report, Severity

__all__ = ["render"]

_DIM = "dim"
_STRONG = "bold"
_HEAD = ("rule", "", "errors", "warnings", "notes", "places", "saves", "share")


def render(report: Report, style: Style) -> str:
    """For each target a line a rule: findings by severity, places, and what they would save.

    Savings are sums over the models, of warnings and errors; kernels that several rules would
    change count in each, and once in the line of all.  Shares are of the models' predicted time.
    """
    page = Page(style.width, style.color)
    linted = [model for model in report.models if was_linted(model)]
    names = dict.fromkeys(target.target for model in linted for target in model.targets)
    for name in names:
        _target(page, name, linted)
    page.line((closing(report, Style(notes=True)), _STRONG), hang=2)
    return page.text()


def _target(page: Page, name: str, models: Sequence[ModelReport]) -> None:
    targets = [each for model in models for each in model.targets if each.target == name]
    predicted = sum(each.predicted for each in targets)
    found = [
        (finding, price)
        for model in models
        for finding in model.findings
        for price in finding.prices
        if price.target == name
    ]
    head = f"{counted(len(targets), 'model')}, {milliseconds(predicted)} predicted"
    page.line((name, _STRONG), f"  {head}")
    rules = sorted({(finding.code, finding.name) for finding, _ in found})
    rows = [
        _row(rule, [each for each in found if each[0].code == rule[0]], predicted) for rule in rules
    ]
    if rows:
        saving = sum(each.saving for each in targets)
        together = _cells(("", "all"), found, saving, predicted)
        page.table([[(text, _DIM) for text in _HEAD], *rows, together], "<<>>>>>>", indent=2)
    else:
        page.line("no findings", indent=2)
    page.blank()


def _row(
    rule: tuple[str, str], found: Sequence[tuple[Finding, PricedOn]], predicted: float
) -> list[Part]:
    saving = sum(price.saving for _, price in found if price.severity is not Severity.NOTE)
    return _cells(rule, found, saving, predicted)


def _cells(
    rule: tuple[str, str],
    found: Sequence[tuple[Finding, PricedOn]],
    saving: float,
    predicted: float,
) -> list[Part]:
    count = Counter(price.severity for _, price in found)
    return [
        *rule,
        *(str(count[each]) for each in Severity),
        str(sum(finding.count for finding, _ in found)),
        milliseconds(saving),
        percent(saving / predicted) if predicted else "",
    ]
