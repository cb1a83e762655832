"""The sentences that reports write of what the judge says."""

from __future__ import annotations

from dataclasses import replace

import pytest

from archlint.cost.pricing.price import Basis
from archlint.report.explain_words import reason_text
from archlint.report.words import (
    brought_text,
    caveat_text,
    dearer_of,
    dearer_text,
    flip_text,
    flips_of,
    sizes_text,
)
from archlint.results.explanation import ExplainedPlace, ExplainedSilence
from archlint.results.findings import FindingAtBatch
from archlint.results.judgement import Caveat, Dearer, DearerOn, Doubt, Flip, Sizes
from archlint.results.severity import Severity
from tests.report import fakes

NOTE, WARNING, ERROR = Severity.NOTE, Severity.WARNING, Severity.ERROR
UNCERTAIN = Caveat(NOTE, Doubt.UNCERTAIN)
MODELLED = Caveat(WARNING, Doubt.BASIS, basis=Basis.MODELLED)


def held(caveat: Caveat, places: int, of: int) -> Caveat:
    return replace(caveat, places=places, of=of)


@pytest.mark.parametrize(
    ("severity", "caveat", "text"),
    [
        (NOTE, UNCERTAIN, "a note at most: uncertain here: measure it"),
        (
            NOTE, held(UNCERTAIN, 3, 10),
            "a note at most (3 of 10 places): uncertain here: measure it",
        ),
        (
            WARNING, held(UNCERTAIN, 1, 2),
            "1 of 2 places does not count: uncertain here: measure it",
        ),
        (ERROR, held(UNCERTAIN, 2, 3), "2 of 3 places do not count: uncertain here: measure it"),
        (WARNING, held(MODELLED, 2, 2), "a warning at most: its prices are modelled"),
        (ERROR, held(MODELLED, 2, 4), "2 of 4 places do not count: its prices are modelled"),
        (
            NOTE, Caveat(NOTE, Doubt.SLOWDOWN, min_slowdown=1.1),
            "a note at most: less than 1.10 times slower",
        ),
        (
            NOTE, Caveat(NOTE, Doubt.COVERAGE, coverage=0.79),
            "a note at most: only 79% of the memory access is priced on this target",
        ),
        (WARNING, Caveat(WARNING, Doubt.UPPER_BOUND), "a warning at most: upper bound"),
        (NOTE, Caveat(NOTE, Doubt.RULE, rule="it falls"), "a note at most: it falls"),
    ],
)  # fmt: skip
def test_a_caveat_says_what_holds_and_at_how_many_places(
    severity: Severity, caveat: Caveat, text: str
) -> None:
    assert caveat_text(fakes.priced(severity, 1e-3, 1.5, 0.05, caveat=caveat)) == text


def test_without_a_caveat_there_are_no_words() -> None:
    assert caveat_text(fakes.priced(ERROR, 1e-3, 1.5, 0.2)) == ""


def test_a_flip_says_what_it_is_at_the_other_batch() -> None:
    warning = Flip("cpu", 1, 8, WARNING, 0.0333)
    assert flip_text(warning, several=False) == "at batch 8: a warning, 3.3 % of the network"
    assert flip_text(warning, several=True) == "at batch 8 on cpu: a warning, 3.3 % of the network"
    assert flip_text(Flip("cpu", 1, 8), several=False) == "at batch 8: nothing to report"


def test_flips_name_their_target_where_the_model_has_several() -> None:
    finding = replace(fakes.finding(), flips=(Flip("cpu", 1, 8),))
    assert flips_of(fakes.model(finding), finding) == ["at batch 8: nothing to report"]
    both = replace(fakes.model(finding), targets=(fakes.on_gpu(), fakes.on_arm()))
    assert flips_of(both, finding) == ["at batch 8 on cpu: nothing to report"]


def test_what_only_the_other_batch_brings_is_one_line() -> None:
    brought = FindingAtBatch(1, 8, replace(fakes.finding(WARNING), message="wide"))
    assert brought_text(brought) == (
        "warning G2 group-convolution at batch 8: wide, stages.*.*.gconv, 6.1 % of the network"
    )


def test_a_dearer_place_says_what_it_saves_and_saved_where_that_is_more() -> None:
    more, less = DearerOn("cpu", 2e-3, 1e-3), DearerOn("gpu", 1e-3, 2e-3)
    unpriced = DearerOn("phone", None, 1e-3)
    words = "known, but dearer: saves 2.00 ms now, 1.00 ms at most before"
    assert dearer_text(Dearer("a", (more,))) == words
    assert dearer_text(Dearer("a", (more, less, unpriced))) == f"{words} on cpu"
    assert dearer_text(Dearer("a", (more, more))) == (
        f"{words} on cpu; 2.00 ms now, 1.00 ms at most before on cpu"
    )


def test_sizes_are_a_range_or_one_size_or_nothing() -> None:
    assert sizes_text(Sizes(((28, 28), (7, 7)), (24, 160))) == (
        "on 28x28 to 7x7, 24 to 160 channels"
    )
    assert sizes_text(Sizes(((14, 14),), (576,))) == "on 14x14, 576 channels"
    assert sizes_text(Sizes(channels=(10, 1000))) == "10 to 1000 channels"
    assert sizes_text(Sizes()) == ""


def test_a_rule_says_what_would_change_or_why_it_is_silent() -> None:
    place, silence = fakes.explanation().operators[0].rules
    assert isinstance(place, ExplainedPlace)
    assert isinstance(silence, ExplainedSilence)
    assert reason_text(place) == (
        "1:6 widths; instead 1:2: 1.42x slower (1.20 to 1.70, interpolated)"
    )
    assert reason_text(silence) == "not a group conv"


def test_known_places_that_save_alike_have_one_line() -> None:
    alike = tuple(Dearer(name, (DearerOn("cpu", 2e-3, 1e-3),)) for name in "abc")
    other = Dearer("d", (DearerOn("cpu", 3e-3, 1e-3),))
    assert dearer_of(replace(fakes.finding(WARNING), dearer=(*alike, other))) == [
        "known, but dearer: saves 2.00 ms now, 1.00 ms at most before (3 places)",
        "known, but dearer: saves 3.00 ms now, 1.00 ms at most before",
    ]
