from __future__ import annotations

import random
from math import comb
from statistics import median

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archlint.measure.fit.statistics import bounds_of, interval_of, quantile


@pytest.mark.parametrize(
    ("seconds", "interval"),
    [
        ([1.0], 0.0),
        ([2.0, 2.2, 1.9, 2.0, 2.1], 0.075),
        ([8.0, 1.0, 9.0, 10.0, 11.0, 12.0, 13.0, 99.0, 10.0], 0.25),
        ([1.0, 9.0, 9.5, 10.0, 10.0, 10.0, 10.0, 10.5, 11.0, 99.0], 0.1),
    ],
)
def test_up_to_eight_sessions_the_interval_is_their_range(
    seconds: list[float], interval: float
) -> None:
    assert interval_of(seconds) == pytest.approx(interval)


def test_the_bounds_are_two_of_the_values() -> None:
    assert bounds_of([2.0, 2.2, 1.9, 2.0, 2.1]) == (1.9, 2.2)
    assert bounds_of([8.0, 1.0, 9.0, 10.0, 11.0, 12.0, 13.0, 99.0, 10.0]) == (8.0, 13.0)


@given(count=st.integers(6, 60))
def test_the_ends_are_the_innermost_that_leave_no_more_than_a_fortieth_beyond(count: int) -> None:
    half = interval_of([100.0 + n for n in range(count)]) * median(range(100, 100 + count))
    end = round((count - 1) / 2 - half)

    def beyond(rank: int) -> float:
        return float(sum(comb(count, n) for n in range(rank + 1)) / 2**count)

    assert beyond(end) <= 0.025 < beyond(end + 1)


def test_nineteen_in_twenty_intervals_hold_the_true_median() -> None:
    source = random.Random(1)
    held = 0
    for _ in range(2000):
        seconds = [source.lognormvariate(0.0, 0.1) for _ in range(10)]
        ordered = sorted(seconds)
        assert interval_of(seconds) == pytest.approx(
            (ordered[8] - ordered[1]) / 2 / median(seconds)
        )
        held += ordered[1] <= 1.0 <= ordered[8]
    assert 0.95 <= held / 2000 <= 0.99


def test_a_quantile_is_linear_between_two_sessions() -> None:
    assert quantile([3.0, 1.0, 2.0], 0.0) == 1.0
    assert quantile([3.0, 1.0, 2.0], 0.25) == 1.5
    assert quantile([3.0, 1.0, 2.0], 1.0) == 3.0
    assert quantile([4.0], 0.1) == 4.0
