"""What a report shows of the choices at a place."""

from __future__ import annotations

from dataclasses import replace

from archlint.report.choices import choices_told
from archlint.results.findings import PricedChoice

DENSE = PricedChoice("gpu", "1 group, 48 channels", 1.1e-3, 0.962, False, True)
TWO = PricedChoice("gpu", "2 groups, 72 channels", 1.9e-3, 1.02, False, False)
WIDER = PricedChoice("gpu", "3x3 conv 96 > 96 on 14x14", 4.2e-3, 3.8, True, False)


def test_every_choice_has_its_time_and_the_best_is_marked() -> None:
    assert choices_told([DENSE, TWO]) == [
        (
            "choices",
            "1 group, 48 channels 1.10 ms (0.96 times the FLOPs, best);"
            " 2 groups, 72 channels 1.90 ms",
        )
    ]


def test_what_is_proposed_and_hardly_slower_than_another_is_not_called_the_best() -> None:
    near = replace(TWO, seconds=1.10e-3, flops=1.0)
    ((_, told),) = choices_told([replace(DENSE, seconds=1.13e-3, flops=1.0), near])
    assert told == (
        "1 group, 48 channels 1.13 ms (as good within the band); 2 groups, 72 channels 1.10 ms"
    )


def test_what_the_time_of_now_would_buy_stands_apart() -> None:
    told = choices_told([DENSE, WIDER])
    assert told == [("or", "3x3 conv 96 > 96 on 14x14: 3.80 times the FLOPs at today's time")]


def test_of_several_targets_each_is_named() -> None:
    told = choices_told([WIDER, replace(WIDER, target="arm", flops=2.0)])
    assert [text.split(":")[0] for _, text in told] == ["on gpu", "on arm"]


def test_a_place_without_choices_has_none() -> None:
    assert choices_told([]) == []
