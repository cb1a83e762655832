"""A family that is read as it was inferred."""

from __future__ import annotations

from math import log2

import numpy as np
import pytest

from archlint.cost.kernels.kernel import Kernel, parse_term
from archlint.cost.pricing.family import FamilySpec, Inferred
from archlint.cost.pricing.inferred_family import InferredFamily
from archlint.cost.pricing.price import Basis

LAUNCH, BYTE = 3e-6, 1e-12
RELU = "1 Relu 64 @56x56 b256"


def kernel(text: str) -> Kernel:
    return parse_term(text)[1]


def family(
    covariance: tuple[float, ...] = (0.0, 0.0, 0.0, 0.04), spread: float = 0.0, noise: float = 0.0
) -> InferredFamily:
    size = kernel(RELU)
    flops, mac = log2(size.flops), log2(size.mac)
    inferred = Inferred((LAUNCH, BYTE), covariance, ((flops, mac), (flops, mac)))
    return InferredFamily(FamilySpec(
        "element-wise", (), (), ("launch", "bytes"), "", spread, noise, inferred=inferred
    ))  # fmt: skip


def test_a_kernel_takes_the_sum_of_its_terms() -> None:
    relu = kernel(RELU)
    assert family().seconds([relu]) == pytest.approx([LAUNCH + BYTE * relu.mac])


def test_kernels_err_together_by_the_terms_that_they_share() -> None:
    small, large = kernel("1 Relu 8 @2x2"), kernel("1 Relu 512 @56x56 b256")
    covariance = family().covariance([small, large])
    # a launch is well known here, and the small one is nothing but a launch
    assert covariance[0, 0] < 1e-6
    assert covariance[1, 1] == pytest.approx(0.04, rel=0.01)
    assert np.linalg.eigvalsh(covariance).min() > -1e-12


def test_what_no_network_tells_of_a_kernel_widens_its_band() -> None:
    relu = kernel(RELU)
    exact = family((0.0,) * 4).covariance([relu])[0, 0]
    unsure = family((0.0,) * 4, spread=0.2, noise=0.1).covariance([relu])[0, 0]
    assert (exact, unsure) == (0.0, pytest.approx(0.05))


@pytest.mark.parametrize(
    ("text", "basis"),
    [
        (RELU, Basis.INFERRED),
        ("1 Relu 64 @56x56 b128", Basis.INFERRED),
        ("1 Relu 64 @56x56 b64", Basis.EXTRAPOLATED),
        ("1 Relu 64 @56x56 b1024", Basis.EXTRAPOLATED),
    ],
)
def test_kernels_like_those_of_the_networks_are_inferred(text: str, basis: Basis) -> None:
    assert family().bases([kernel(text)]) == [basis]


def test_no_step_of_widths_is_told() -> None:
    assert family().width_step == 1
