"""What the findings of a model save together on one target."""

from __future__ import annotations

from collections.abc import Sequence

from archlint.linter.judge import Found, saving_of
from archlint.linter.view import Priced
from archlint.results.severity import Severity

__all__ = ["saved_together"]


def saved_together(found: Sequence[Found], priced: Priced) -> tuple[float, int]:
    """What all findings of warning and above save together, and how many these are."""
    name = priced.view.target.name
    counted = [
        each
        for each in found
        for price in each.finding.prices
        if price.target == name and price.severity is not Severity.NOTE
    ]
    places = [place for each in counted for place in each.places.get(name, ())]
    return sum(saving_of(places, priced)), len(counted)
