"""What is inferred from networks of which the truth is known."""

from __future__ import annotations

from dataclasses import replace
from math import log

import numpy as np
import pytest

from archlint.cost.kernels.kernel import Kernel, parse_term
from archlint.cost.pricer import Pricer
from archlint.cost.pricing.price import Basis
from archlint.cost.target import Target
from archlint.measure.fit.infer import Believed, infer
from archlint.measure.fit.network_row import NetworkRow, folds_of
from archlint.measure.fit.networks_left_out import calibrated, leave_families_out
from tests.cost.paper_targets import GPU

FLOPS, BANDWIDTH = 50e12, 0.8e12
PRIORS = {
    "conv kxk": {"flops": Believed(1 / 100e12, 0.5), "bytes": Believed(1 / 2e12, 0.5)},
    "element-wise": {"bytes": Believed(1 / 1e12, 0.5)},
}


RELU = "1 Relu 64 @14x14 b256"


def prior(variety: str) -> dict[str, Believed]:
    return PRIORS.get(variety, {})


def truth(kernel: Kernel) -> float:
    work = kernel.flops / FLOPS if kernel.op == "Conv" else 0.0
    return work + kernel.mac / BANDWIDTH


def networks(count: int, noise: float = 0.02) -> list[NetworkRow]:
    random = np.random.default_rng(1)
    rows = []
    for number in range(count):
        kernels = []
        for _ in range(12):
            width, size = int(random.choice([16, 64, 256])), int(random.choice([7, 14, 56]))
            kernels.append(parse_term(f"3 Conv {width}>{width} k3x3 @{size}x{size} b256"))
            kernels.append(parse_term(f"{random.integers(1, 9)} Relu {width} @{size}x{size} b256"))
        seconds = sum(n * truth(kernel) for n, kernel in kernels)
        rows.append(NetworkRow(
            f"net {number}", f"family {number // 4}", 256,
            seconds * float(np.exp(noise * random.standard_normal())), tuple(kernels),
        ))  # fmt: skip
    return rows


def target(rows: list[NetworkRow]) -> Target:
    return replace(GPU, families=infer(rows, prior), rows=(), peak=None)


def test_networks_tell_what_their_kernels_take() -> None:
    pricer = Pricer(target(networks(60)))
    for text in ("1 Conv 64>64 k3x3 @14x14 b256", "1 Relu 256 @56x56 b256"):
        _, kernel = parse_term(text)
        price = pricer.price(kernel)
        assert price is not None
        assert price.basis is Basis.INFERRED
        assert price.seconds == pytest.approx(truth(kernel), rel=0.1)
        assert price.low < truth(kernel) < price.high


def test_a_network_that_runs_something_else_spoils_no_other() -> None:
    rows = networks(40)
    odd = replace(rows[0], seconds=20 * rows[0].seconds)
    _, kernel = parse_term("1 Conv 64>64 k3x3 @14x14 b256")
    price = Pricer(target([odd, *rows[1:]])).price(kernel)
    assert price is not None
    assert price.seconds == pytest.approx(truth(kernel), rel=0.1)


def test_what_no_network_tells_stays_as_it_was_believed_but_for_the_scale() -> None:
    rows = [replace(row, kernels=row.kernels[:1]) for row in networks(30)]
    rows = [replace(row, seconds=sum(2 * n * k.flops / 100e12 for n, k in row.kernels))
            for row in rows]  # fmt: skip
    (conv,) = target(rows).families
    assert conv.inferred is not None
    deviations = np.sqrt(np.diag(np.reshape(conv.inferred.covariance, (2, 2))))
    assert deviations[1] > 2 * deviations[0]


def test_kernels_far_beyond_those_of_the_networks_are_extrapolated() -> None:
    _, kernel = parse_term("1 Relu 4096 @512x512 b1024")
    price = Pricer(target(networks(20))).price(kernel)
    assert price is not None
    assert price.basis is Basis.EXTRAPOLATED


def test_a_kernel_that_nothing_is_believed_of_has_no_price() -> None:
    _, kernel = parse_term("1 Softmax 64 @64 b256")
    assert Pricer(target(networks(20))).price(kernel) is None


def test_what_no_timed_network_has_is_priced_as_believed_if_asked() -> None:
    rows = [replace(row, kernels=row.kernels[::2]) for row in networks(30)]
    rows = [replace(r, seconds=2 * sum(n * truth(k) for n, k in r.kernels)) for r in rows]
    families = infer(rows, prior, untimed=networks(1))
    price = Pricer(replace(target(rows), families=families)).price(parse_term(RELU)[1])
    assert price is not None
    # as believed, 1 TB/s, but for the scale that the convs have
    assert 1 < price.seconds * 1e12 / parse_term(RELU)[1].mac < 4
    assert Pricer(target(rows)).price(parse_term(RELU)[1]) is None


def test_terms_of_a_kin_are_off_together() -> None:
    def slow(kernel: Kernel) -> float:
        return kernel.flops / 100e12 + kernel.mac / (0.2e12 if kernel.op == "Conv" else 0.1e12)

    def believed(variety: str) -> dict[str, Believed]:
        return {t: replace(each, doubt=0.1, kin=t) for t, each in prior(variety).items()}

    rows = [replace(row, kernels=row.kernels[::2]) for row in networks(30)]
    rows = [replace(r, seconds=sum(n * slow(k) for n, k in r.kernels)) for r in rows]
    families = infer(rows, believed, untimed=networks(1))
    (other,) = (each for each in families if each.name == "element-wise")
    assert other.inferred is not None
    # convs alone say that memory is ten times slower than believed
    assert other.inferred.coefficients[0] * 1e12 > 3


def test_a_family_is_left_out_as_a_whole() -> None:
    rows = networks(40)
    folds = folds_of(rows, 5)
    by_family = {(row.family, fold) for row, fold in zip(rows, folds, strict=True)}
    assert len(by_family) == len({row.family for row in rows})
    assert sorted(folds.count(fold) for fold in range(5)) == [8] * 5


def test_bands_hold_four_in_five_of_what_is_left_out() -> None:
    rows = networks(60)
    left_out = leave_families_out(target(rows), rows, prior)
    calibration = calibrated(left_out)
    assert len(left_out) == 60
    assert calibration.errors[0].median < 0.04
    assert calibration.price_coverage == pytest.approx(0.8, abs=0.02)
    assert calibration.coverage == pytest.approx(0.8, abs=0.02)


def test_the_ratio_of_two_networks_is_better_told_than_either() -> None:
    rows = networks(40, noise=0.0)
    left_out = leave_families_out(target(rows), rows, prior)
    error, _ = left_out[0].ratio_to(left_out[1])
    assert abs(error - (left_out[0].error - left_out[1].error)) < 1e-6
    assert log(left_out[0].predicted / left_out[0].row.seconds) == left_out[0].error
