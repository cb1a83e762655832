from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from archlint.cost.kernels.kernel import Kernel
from archlint.cost.pricer import Pricer
from archlint.cost.pricing.columns import Columns
from archlint.cost.pricing.family import correlate, describe, terms_of
from archlint.cost.pricing.fit import fit_relative
from archlint.cost.pricing.table import Row
from archlint.cost.target import Target, load_target
from archlint.cost.target_files import SHIPPED, files_of
from archlint.measure.fit.calibrate_target import CONTEXT, FEWEST, sections, tune_target
from archlint.measure.target_file import put_sections
from tests.measure.synthetic import MACHINE, conv_times, pointwise

MEASURED = load_target(files_of(SHIPPED / "epyc-milan-ort-fp32-1t"))
"""A target to take the lowering and the provenance from."""


def row(kernel: Kernel, seconds: float, series: str) -> Row:
    return Row(
        "G1", kernel.text, series, "float", 1, "", 5, seconds, None, None, None, "2026", "made"
    )


def target(rows: Sequence[Row]) -> Target:
    return replace(MEASURED, rows=rows, machine=MACHINE, families=())


def noisy(count: int, noise: float, seed: int) -> list[Row]:
    """Rows of the known device whose sessions were off by so much, four a series."""
    kernels = pointwise(count, seed)
    wobble = np.exp(noise * np.random.default_rng(seed).standard_normal(count))
    times = np.array(conv_times(kernels)) * wobble
    pairs = enumerate(zip(kernels, times, strict=True))
    return [row(kernel, float(time), f"s{at // 4}") for at, (kernel, time) in pairs]


def test_four_in_five_rows_left_out_lie_in_their_bands() -> None:
    tuned = tune_target(target(noisy(160, 0.05, seed=1)))
    assert tuned.calibration.price_coverage == pytest.approx(0.8, abs=0.01)
    (error,) = tuned.calibration.errors
    assert (error.table, error.rows) == ("conv 1x1", 160)
    # the median of the absolute value of a normal deviate
    assert error.median == pytest.approx(0.6745 * 0.05, rel=0.3)


def test_a_fresh_row_lies_in_its_band_as_often() -> None:
    tuned = tune_target(target(noisy(200, 0.05, seed=2)))
    # what surrounds kernels moves nothing on this device
    families = tuple(replace(spec, context=0.0) for spec in tuned.families)
    measured = replace(
        target(noisy(200, 0.05, seed=2)), families=families, calibration=tuned.calibration
    )
    pricer, inside = Pricer(measured), []
    for each in noisy(200, 0.05, seed=3):
        ((_, kernel),) = each.chain
        price = pricer.price(kernel)
        assert price is not None
        inside.append(price.low <= each.median_s <= price.high)
    assert np.mean(inside) == pytest.approx(0.8, abs=0.08)


def test_a_row_is_judged_by_the_other_series_alone() -> None:
    """The closed form is what the residual without the series' rows says."""
    rows = noisy(40, 0.1, seed=4)
    tuned = tune_target(target(rows))
    (spec,) = tuned.families
    seconds = np.array([each.median_s for each in rows])
    columns = Columns([kernel for each in rows for _, kernel in each.chain])
    terms = terms_of(spec.terms, columns, MACHINE)
    residuals = np.log(seconds / (terms @ fit_relative(terms, seconds, np.zeros(len(spec.terms)))))
    points, lengths = describe(spec.lengths, columns, MACHINE), np.array([*spec.lengths.values()])
    covariance = correlate(points, columns.names, points, columns.names, lengths, spec.unlike)
    covariance = spec.spread**2 * covariance + spec.noise**2 * np.eye(len(rows))
    series, errors = np.array([each.series for each in rows]), []
    for at, residual in enumerate(residuals):
        others = series != series[at]
        pull = np.linalg.solve(covariance[np.ix_(others, others)], residuals[others])
        errors.append(abs(np.expm1(residual - covariance[at, others] @ pull)))
    (error,) = tuned.calibration.errors
    assert error.mean == pytest.approx(float(np.mean(errors)), rel=1e-3)
    assert error.p90 == pytest.approx(float(np.quantile(errors, 0.9)), rel=1e-3)


def test_what_surrounds_kernels_moves_a_family_by_a_multiple_of_its_error() -> None:
    tuned = tune_target(target(noisy(80, 0.05, seed=5)))
    (spec,), (error,) = tuned.families, tuned.calibration.errors
    assert spec.context == pytest.approx(CONTEXT * error.median, rel=1e-2)


@pytest.mark.parametrize(("factor", "pairs"), [(1, 60), (2, 0)])
def test_pairs_of_a_series_with_equal_flops_scale_the_slow_downs(factor: int, pairs: int) -> None:
    bases = [each for each in pointwise(80, seed=6) if each.c_in != each.c_out][:60]
    rows = [
        (base.with_widths(*widths), base.text)
        for base in bases
        for widths in ((base.c_in, base.c_out), (factor * base.c_out, base.c_in))
    ]
    wobble = np.exp(0.05 * np.random.default_rng(6).standard_normal(len(rows)))
    times = np.array(conv_times([kernel for kernel, _ in rows])) * wobble
    calibration = tune_target(
        target(
            [
                row(kernel, float(time), series)
                for (kernel, series), time in zip(rows, times, strict=True)
            ]
        )
    ).calibration
    assert calibration.pairs == pairs
    assert calibration.band_scale >= 1
    assert (calibration.coverage or 0.8) >= 0.78


def test_a_variety_with_few_rows_stays_unpriced() -> None:
    tuned = tune_target(target(noisy(FEWEST - 1, 0.05, seed=7)))
    assert (tuned.families, tuned.calibration.errors) == ((), ())
    assert tuned.calibration.price_coverage is None


def test_what_is_tuned_reads_back_from_a_target_file(tmp_path: Path) -> None:
    tuned = tune_target(target(noisy(40, 0.05, seed=8)))
    file = tmp_path / "target.toml"
    shutil.copy(SHIPPED / "epyc-milan-ort-fp32-1t" / "target.toml", file)
    put_sections(file, sections(tuned))
    again = load_target(files_of(tmp_path))
    assert again.families == tuned.families
    assert again.calibration == tuned.calibration
