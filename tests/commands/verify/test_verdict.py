from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archlint.commands.verify import Request
from archlint.commands.verify.verdict import slowdown_of, verdict_of
from archlint.results.verification import Ratio, Verdict
from tests.commands.verify.fakes import Predicted, findings, verified
from tests.test_examples import FILES

PREDICTED = Ratio(1.5, 1.2, 1.9)


@pytest.mark.parametrize(
    ("predicted", "measured", "verdict"),
    [
        (PREDICTED, Ratio(1.4, 1.3, 1.5), Verdict.CONFIRMED),
        (PREDICTED, Ratio(1.2, 1.1, 1.3), Verdict.CONFIRMED),
        (PREDICTED, Ratio(2.4, 2.3, 2.5), Verdict.CONFIRMED),
        (PREDICTED, Ratio(1.3, 0.8, 1.5), Verdict.CONFIRMED),
        (PREDICTED, Ratio(1.1, 1.05, 1.15), Verdict.WEAKER),
        (PREDICTED, Ratio(0.9, 0.8, 1.0), Verdict.WEAKER),
        (PREDICTED, Ratio(0.9, 0.8, 0.99), Verdict.REFUTED),
        (Ratio(1.1, 0.8, 1.5), Ratio(0.9, 0.85, 0.95), Verdict.REFUTED),
    ],
)
def test_the_verdict_goes_by_band_and_interval(
    predicted: Ratio, measured: Ratio, verdict: Verdict
) -> None:
    assert verdict_of(predicted, measured) is verdict


def test_the_slowdown_is_the_median_over_pairs() -> None:
    # one session that is twice as slow on both sides moves nothing
    ratio = slowdown_of([3.0, 6.0, 3.3, 2.7, 3.0], [2.0, 4.0, 2.0, 2.0, 2.0])
    assert ratio == Ratio(pytest.approx(1.5), pytest.approx(1.35), pytest.approx(1.65))  # type: ignore[arg-type]


@given(st.lists(st.floats(0.1, 10.0), min_size=2, max_size=20), st.floats(0.2, 5.0))
def test_what_slows_both_sides_of_a_pair_down_does_not_count(
    seconds: list[float], slowdown: float
) -> None:
    ratio = slowdown_of([each * slowdown for each in seconds], seconds)
    for each in (ratio.estimate, ratio.low, ratio.high):
        assert each == pytest.approx(slowdown)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_what_takes_its_predicted_time_confirms_every_finding(path: object) -> None:
    request = Request(sessions=2, places=1000)
    for finding in findings(verified(Predicted(), request, str(path))):
        assert finding.verdict is Verdict.CONFIRMED, finding.finding.module
        assert finding.in_band
        assert finding.measured is not None
        assert finding.measured.estimate == pytest.approx(finding.predicted.estimate, rel=1e-6)
        assert finding.left_out == 0


def test_a_finding_whose_kernels_are_fast_is_refuted() -> None:
    backend = Predicted()
    (first, *_) = findings(verified(backend, Request(places=1)))
    fast = {each.text: 0.1 for each in first.places[0].now.kernels}
    (again, *_) = findings(verified(replace(backend, slower=fast), Request(places=1)))
    assert again.verdict is Verdict.REFUTED
    assert not again.in_band


def test_places_count_by_their_weight() -> None:
    backend = Predicted()
    (finding, *_) = findings(verified(backend, Request(sessions=2, places=1000)))
    now = sum(place.weight * place.now_seconds[0] for place in finding.places)
    instead = sum(place.weight * place.instead_seconds[0] for place in finding.places)
    assert len(finding.places) > 1
    assert any(place.count > 1 for place in finding.places)
    assert finding.measured is not None
    assert finding.measured.estimate == pytest.approx(now / instead)


def test_where_some_places_are_not_run_the_others_stand_against_their_own_prediction() -> None:
    backend = Predicted()
    (part, *_) = findings(verified(backend, Request(sessions=2, places=1)))
    (whole, *_) = findings(verified(backend, Request(sessions=2, places=1000)))
    assert part.left_out > 0
    assert whole.left_out == 0
    assert part.printed == whole.printed
    assert whole.printed.estimate == pytest.approx(whole.predicted.estimate)
    assert whole.printed.low == pytest.approx(whole.predicted.low)
    for finding in (part, whole):
        assert finding.measured is not None
        assert finding.measured.estimate == pytest.approx(finding.predicted.estimate)


def test_what_takes_less_than_the_clock_tells_is_not_many_times_faster() -> None:
    ratio = slowdown_of([5.2e-6] * 5, [0.01e-6] * 5)
    assert ratio.estimate == pytest.approx(26.0)
    assert slowdown_of([0.01e-6] * 5, [0.02e-6] * 5).estimate == 1.0
