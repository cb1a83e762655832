"""Run a rule on a priced model: its places with their prices, and its silences."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields

from archlint.cost.pricer import Comparison
from archlint.linter.view import Priced
from archlint.rule import Place, Rule, Silence, View
from archlint.settings.options import OptionValue

__all__ = ["PricedPlace", "check_rule", "price_place"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PricedPlace(Place):
    """A rule's place with the price of its kernels, and always with its module."""

    comparison: Comparison


def check_rule(
    rule: type[Rule], priced: Priced, options: Mapping[str, OptionValue]
) -> Iterator[PricedPlace | Silence]:
    """What a rule says of a model, with these of its options and the defaults of the others."""
    view = priced.for_rule(rule, options)
    for said in rule().check(view):
        yield said if isinstance(said, Silence) else price_place(view, said)


def price_place(view: View, place: Place) -> PricedPlace | Silence:
    """The place with what follows from it; a silence if one of its kernels has no price."""
    comparison = view.pricer.compare(view.kernels(place.kernels), place.instead_kernels)
    if comparison is None:
        return Silence(place.operators, "no price")
    given = {each.name: getattr(place, each.name) for each in fields(place)}
    given["module"] = place.module or view.module_of(*place.operators)
    return PricedPlace(**given, comparison=comparison)
