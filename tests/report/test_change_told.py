"""What a report shows of the change at the costliest place."""

from __future__ import annotations

from dataclasses import replace

from archlint.report.change_told import change_told
from archlint.results.findings import Finding, FoundPlace, Variant
from tests.report import fakes


def finding(*places: FoundPlace) -> Finding:
    return replace(fakes.finding(), places=places)


def on(target: str, instead: str) -> FoundPlace:
    place = fakes.finding().places[0]
    prices = tuple(replace(each, target=target) for each in place.prices[:1])
    return replace(place, prices=prices, instead=Variant(instead))


def test_what_one_target_asks_for_needs_no_name() -> None:
    assert ("instead", "96 channels") in change_told(finding(on("gpu", "96 channels")))


def test_of_targets_that_ask_for_different_things_each_is_named() -> None:
    told = change_told(finding(on("gpu", "96 channels"), on("arm", "88 channels")))
    assert [text for label, text in told if label == "instead"] == [
        "on gpu: 96 channels",
        "on arm: 88 channels",
    ]
    assert [label for label, _ in told].count("now") == 1


def test_other_places_are_not_told() -> None:
    other = replace(on("arm", "88 channels"), operators=("elsewhere",))
    told = change_told(finding(on("gpu", "96 channels"), other))
    assert [text for label, text in told if label == "instead"] == ["96 channels"]


def test_without_places_there_is_the_advice() -> None:
    assert change_told(replace(finding(), advice="take 96")) == [("help", "take 96")]
