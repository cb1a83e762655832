"""What a report shows of the choices at a place."""

from __future__ import annotations

from dataclasses import replace

from archlint.report.choices import choices_told
from archlint.results.findings import FoundPlace, PricedChoice
from tests.report import fakes

DENSE = PricedChoice("gpu", "1 group, 48 channels", 1.1e-3, 0.962, False, True)
TWO = PricedChoice("gpu", "2 groups, 72 channels", 1.9e-3, 1.02, False, False)
WIDER = PricedChoice("gpu", "3x3 conv 96 > 96 on 14x14", 4.2e-3, 3.8, True, False)


def place(*choices: PricedChoice) -> FoundPlace:
    return replace(fakes.finding().places[0], choices=choices)


def test_every_choice_has_its_time_and_the_best_is_marked() -> None:
    assert choices_told(place(DENSE, TWO)) == [
        (
            "choices",
            "1 group, 48 channels 1.10 ms (0.96 times the FLOPs, best);"
            " 2 groups, 72 channels 1.90 ms",
        )
    ]


def test_what_the_time_of_now_would_buy_stands_apart() -> None:
    told = choices_told(place(DENSE, WIDER))
    assert told == [("or", "3x3 conv 96 > 96 on 14x14: 3.80 times the FLOPs at today's time")]


def test_of_several_targets_each_is_named() -> None:
    told = choices_told(place(WIDER, replace(WIDER, target="arm", flops=2.0)))
    assert [text.split(":")[0] for _, text in told] == ["on gpu", "on arm"]


def test_a_place_without_choices_has_none() -> None:
    assert choices_told(place()) == []
