from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations

import pytest

from archlint.cost.pricer import Pricer, Z
from archlint.cost.target import Target
from archlint.measure.fit.validation import (
    LeftOut,
    calibrate,
    cross_coverage,
    kernels_of,
    leave_pairs_out,
    leave_rows_out,
    without,
)
from tests.cost.paper_targets import ARM, GPU

each_target = pytest.mark.parametrize("target", [GPU, ARM], ids=["gpu", "arm"])
TABLE_4 = "G4"


@pytest.fixture(scope="module")
def left_out() -> dict[str, Sequence[LeftOut]]:
    return {target.name: leave_rows_out(target) for target in (GPU, ARM)}


def mean_error(found: Sequence[LeftOut]) -> float:
    return sum(each.error for each in found) / len(found)


@pytest.mark.parametrize(("target", "most"), [(GPU, 0.13), (ARM, 0.065)], ids=["gpu", "arm"])
def test_tables_1_to_3_are_predicted_without_the_row(
    target: Target, most: float, left_out: dict[str, Sequence[LeftOut]]
) -> None:
    found = [each for each in left_out[target.name] if each.row.rule != TABLE_4]
    assert len(found) == 39
    assert mean_error(found) <= most


@each_target
def test_table_4_is_predicted_without_the_row(
    target: Target, left_out: dict[str, Sequence[LeftOut]]
) -> None:
    found = [each for each in left_out[target.name] if each.row.rule == TABLE_4]
    assert len(found) == 12
    assert mean_error(found) <= 0.20


def test_networks_of_equal_flops_come_out_in_the_measured_order(
    left_out: dict[str, Sequence[LeftOut]],
) -> None:
    pairs = [
        (one, other)
        for one, other in combinations(left_out[GPU.name], 2)
        if one.row.rule == other.row.rule != TABLE_4 and one.row.series == other.row.series
    ]
    ordered = sum(
        (one.predicted < other.predicted) is (one.row.median_s < other.row.median_s)
        for one, other in pairs
    )
    assert len(pairs) == 66
    assert ordered >= 62


@each_target
def test_the_bands_cover_four_in_five_of_the_pairs_left_out(target: Target) -> None:
    found = leave_pairs_out(target)
    inside = [each.deviation <= Z * target.calibration.band_scale for each in found]
    assert len(found) == target.calibration.pairs == 84
    assert 0.75 <= sum(inside) / len(inside) <= 0.85


@each_target
def test_the_target_file_holds_today_s_calibration(target: Target) -> None:
    now, written = calibrate(target), target.calibration
    assert now.band_scale == pytest.approx(written.band_scale, abs=1e-3)
    assert now.coverage == pytest.approx(written.coverage, abs=1e-3)
    assert now.pairs == written.pairs
    assert [each.table for each in now.errors] == [each.table for each in written.errors]
    for one, other in zip(now.errors, written.errors, strict=True):
        assert one.rows == other.rows
        assert (one.mean, one.median, one.p90) == pytest.approx(
            (other.mean, other.median, other.p90), abs=1e-3
        )


def test_a_target_without_rows_keeps_the_others() -> None:
    rows = tuple(GPU.rows)
    kept = without(GPU, (0, 3))
    assert tuple(kept.rows) == (*rows[1:3], *rows[4:])
    assert tuple(GPU.rows) == rows


def test_what_is_left_out_does_not_know_its_own_time() -> None:
    rows, at = tuple(GPU.rows), 12 + 11
    row = rows[at]
    assert row.kernels == "10 Conv 1440>1440 k1x1 g8 @56x56"
    twice = replace(row, median_s=2 * row.median_s)
    bent = replace(GPU, rows=(*rows[:at], twice, *rows[at + 1 :]))
    one, other = (Pricer(without(each, [at])).total(kernels_of(row)) for each in (GPU, bent))
    assert one == other
    assert Pricer(bent).total(kernels_of(row)) != Pricer(GPU).total(kernels_of(row))


def test_without_its_whole_table_a_row_is_predicted_worse(
    left_out: dict[str, Sequence[LeftOut]],
) -> None:
    whole = leave_rows_out(GPU, whole_rule=True)
    apart = [each for each in whole if each.row.rule == "G2"]
    beside = [each for each in left_out[GPU.name] if each.row.rule == "G2"]
    assert mean_error(apart) > mean_error(beside)


@each_target
def test_bands_scaled_by_the_other_tables_cover_four_in_five_too(target: Target) -> None:
    pairs = leave_pairs_out(target)
    by_rule = cross_coverage(pairs)
    covered = sum(by_rule[each.left.rule] for each in pairs) / len(pairs)
    assert 0.75 <= covered <= 0.85
