"""Which places are told: those of decisions that cost enough somewhere."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from types import MappingProxyType

from archlint.linter.check_rule import PricedPlace
from archlint.location import Certainty, Location
from archlint.rule import Decision

__all__ = ["ByDecision", "by_decision", "told"]

ByDecision = Mapping[Decision, Mapping[str, tuple[PricedPlace, ...]]]
"""Places by the decision that made them, then by target."""


def told(
    places: Mapping[str, Sequence[PricedPlace]],
    min_slowdown: float,
    locations: Mapping[int, Location] = MappingProxyType({}),
) -> dict[str, list[PricedPlace]]:
    """The places, by target, of all decisions that count; what they cost elsewhere is told too.

    A decision counts on a target where one of its places is `min_slowdown` slower or more.  With
    that place go all others of the decision whose alternative is surely faster: what was decided
    once costs what it costs everywhere, and a place among dear kernels is slower by less.
    """
    kept: dict[str, list[PricedPlace]] = {target: [] for target in places}
    for by_target in by_decision(places, locations).values():
        counted = {
            place.operators
            for each in by_target.values()
            if any(place.comparison.slowdown >= min_slowdown for place in each)
            for place in each
            if place.comparison.slowdown >= min_slowdown or place.comparison.low > 1.0
        }
        for target, each in by_target.items():
            kept[target] += [place for place in each if place.operators in counted]
    return kept


def by_decision(
    places: Mapping[str, Sequence[PricedPlace]], locations: Mapping[int, Location]
) -> ByDecision:
    """Places that one line of source makes are one decision, whatever their modules are called."""
    decisions: dict[Decision, dict[str, list[PricedPlace]]] = defaultdict(dict)
    for target, each in places.items():
        for place in each:
            decisions[_decision(place, locations)].setdefault(target, []).append(place)
    return {
        decision: {target: tuple(each) for target, each in by_target.items()}
        for decision, by_target in decisions.items()
    }


def _decision(place: PricedPlace, locations: Mapping[int, Location]) -> Decision:
    location = locations.get(place.operators[0])
    if not place.decision.where or location is None or location.certainty is not Certainty.EXACT:
        return place.decision
    spans = (f"{span.path}:{span.line}:{span.column}" for span in location.decision)
    return Decision(place.decision.what, " ".join(spans))
