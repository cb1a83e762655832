"""What the findings of a model save together on one target."""

from __future__ import annotations

from collections.abc import Sequence

from archlint.linter.judge import Found, saving_of
from archlint.linter.view import Priced
from archlint.results.findings import RuleSaving
from archlint.results.severity import Severity

__all__ = ["saved_together"]


def saved_together(
    found: Sequence[Found], priced: Priced
) -> tuple[float, int, tuple[RuleSaving, ...]]:
    """What all findings of warning and above save together, how many these are, and each rule's."""
    name = priced.view.target.name
    counted = [
        each
        for each in found
        for price in each.finding.prices
        if price.target == name and price.severity is not Severity.NOTE
    ]
    return _saving(counted, priced), len(counted), tuple(_by_rule(found, priced))


def _saving(found: Sequence[Found], priced: Priced) -> float:
    name = priced.view.target.name
    return sum(saving_of([p for each in found for p in each.places.get(name, ())], priced))


def _by_rule(found: Sequence[Found], priced: Priced) -> list[RuleSaving]:
    """What the findings of each rule save, the costliest first."""
    of_rule: dict[tuple[str, str], list[Found]] = {}
    for each in found:
        if priced.view.target.name in each.places:
            of_rule.setdefault((each.finding.code, each.finding.name), []).append(each)
    savings = {rule: _saving(each, priced) for rule, each in of_rule.items()}
    return [
        RuleSaving(*rule, savings[rule], savings[rule] / priced.total.seconds)
        for rule in sorted(savings, key=lambda each: (-savings[each], each))
    ]
