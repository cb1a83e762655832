from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from archlint.cost.kernels.kernel import Kernel, parse_chain
from archlint.cost.kernels.kind import Kind
from archlint.cost.pricing.family import Family, FamilySpec
from archlint.cost.pricing.observation import Observation
from archlint.cost.pricing.price import Basis

SPEC = FamilySpec(
    name="conv",
    kinds=(Kind.CONV, Kind.GROUP_CONV),
    borrows=(Kind.DEPTHWISE,),
    terms=("launch", "flops", "bytes"),
    differences_of="",
    spread=0.25,
    noise=0.02,
)
NO_FLOOR = np.zeros(3)
CHAINS = (
    "Conv 32>32 k1x1 @56x56",
    "Conv 64>64 k1x1 @56x56",
    "Conv 128>128 k1x1 @56x56",
    "Conv 256>256 k1x1 @56x56",
    "Conv 512>512 k1x1 @28x28",
    "Conv 64>64 k3x3 @56x56",
    "Conv 64>64 k3x3 @28x28",
    "5 Conv 48>96 k1x1 @56x56; 5 Conv 96>48 k1x1 @56x56",
)


def kernel(text: str) -> Kernel:
    ((_, found),) = parse_chain(text)
    return found


def seconds_of(kernels: Sequence[tuple[int, Kernel]], rates: tuple[float, float, float]) -> float:
    launch, per_flop, per_byte = rates
    return sum(n * (launch + per_flop * k.flops + per_byte * k.mac) for n, k in kernels)


def family(
    seconds: dict[str, float],
    spec: FamilySpec = SPEC,
    floor: tuple[float, float, float] = (0, 0, 0),
) -> Family:
    rows = [Observation(parse_chain(text), time) for text, time in seconds.items()]
    return Family(spec, rows, dict(zip(("launch", "flops", "bytes"), floor, strict=True)))


DEVICE = (1e-5, 1e-13, 5e-12)
"""Seconds to launch, per FLOP and per byte."""

EXACT = family({text: seconds_of(parse_chain(text), DEVICE) for text in CHAINS})


@given(
    st.floats(1e-6, 1e-4),
    st.floats(1e-14, 1e-12),
    st.floats(1e-12, 1e-10),
    st.integers(8, 512),
    st.integers(8, 512),
)
def test_a_device_that_obeys_the_fit_is_predicted_exactly(
    launch: float, per_flop: float, per_byte: float, c_in: int, c_out: int
) -> None:
    rates = launch, per_flop, per_byte
    exact = family({text: seconds_of(parse_chain(text), rates) for text in CHAINS})
    asked = kernel(f"Conv {c_in}>{c_out} k1x1 @56x56")
    np.testing.assert_allclose(exact.seconds([asked]), [seconds_of([(1, asked)], rates)], rtol=1e-4)


def test_a_row_off_the_fit_draws_its_own_price_and_its_neighbours_but_none_far_away() -> None:
    rows = {text: seconds_of(parse_chain(text), DEVICE) for text in CHAINS}
    slow = "Conv 192>192 k1x1 @56x56"
    exact = seconds_of(parse_chain(slow), DEVICE)
    bent = family({**rows, slow: 1.5 * exact})
    near, far = kernel("Conv 208>208 k1x1 @56x56"), kernel("Conv 8>8 k7x7 s2x2 @224x224>112x112")
    for asked, least, most in ((kernel(slow), 1.3, 1.5), (near, 1.2, 1.5), (far, 0.9, 1.1)):
        factor = bent.seconds([asked])[0] / EXACT.seconds([asked])[0]
        assert least < factor < most


def test_times_faster_than_the_peak_are_priced_at_the_peak() -> None:
    floor = (0.0, 1e-13, 5e-12)
    rows = {text: 0.5 * seconds_of(parse_chain(text), floor) for text in CHAINS}
    held = family(rows, replace(SPEC, spread=1e-6), floor)
    np.testing.assert_array_equal(held.coefficients, floor)


@given(st.lists(st.floats(0.2, 5), min_size=len(CHAINS), max_size=len(CHAINS)))
def test_no_coefficient_is_below_its_floor(factors: list[float]) -> None:
    floor = (0.0, 5e-14, 2e-12)
    rows = {
        text: factor * seconds_of(parse_chain(text), DEVICE)
        for text, factor in zip(CHAINS, factors, strict=True)
    }
    assert (family(rows, floor=floor).coefficients >= np.array(floor)).all()


def test_a_fit_has_a_coefficient_for_each_term_of_the_family() -> None:
    rows = {text: seconds_of(parse_chain(text), (1e-5, 0.0, 5e-12)) for text in CHAINS}
    without_flops = family(rows, replace(SPEC, terms=("launch", "bytes")))
    np.testing.assert_allclose(without_flops.coefficients, (1e-5, 5e-12))


@pytest.mark.parametrize(
    ("text", "basis"),
    [
        ("Conv 64>64 k1x1 @56x56", Basis.MEASURED),
        ("Conv 80>80 k1x1 @56x56", Basis.INTERPOLATED),
        # only in a chain with another kernel: its own time is not known
        ("Conv 48>96 k1x1 @56x56", Basis.INTERPOLATED),
        # one row within an octave is not enough
        ("Conv 512>512 k1x1 @20x20", Basis.MODELLED),
        ("Conv 64>64 k7x7 @28x28", Basis.MODELLED),
        ("Conv 64>64 k1x1 g32 @56x56", Basis.EXTRAPOLATED),
        # borrowed
        ("Conv 512>512 k3x3 g512 @56x56", Basis.MODELLED),
        # outside the hull of FLOPs and bytes
        ("Conv 8>8 k1x1 @7x7", Basis.EXTRAPOLATED),
        ("Conv 512>512 k3x3 @112x112", Basis.EXTRAPOLATED),
    ],
)
def test_the_basis_says_how_close_the_rows_come(text: str, basis: Basis) -> None:
    assert EXACT.bases([kernel(text)]) == [basis]


def test_an_operator_without_rows_of_its_own_is_modelled() -> None:
    rows = {f"Add {c} @56x56": c * 1e-7 for c in (32, 48, 64)}
    spec = replace(SPEC, kinds=(Kind.ELEMENTWISE,), terms=("launch", "bytes"))
    adds = family(rows, spec)
    asked = [kernel("Add 32 @56x56"), kernel("Add 40 @56x56"), kernel("Mul 40 @56x56")]
    assert adds.bases(asked) == [
        Basis.MEASURED,
        Basis.INTERPOLATED,
        Basis.MODELLED,
    ]


def test_the_error_grows_from_the_rows_to_what_the_fit_misses() -> None:
    at, near, far = (
        kernel(text)
        for text in (
            "Conv 64>64 k1x1 @56x56",
            "Conv 80>80 k1x1 @56x56",
            "Conv 8>8 k7x7 s2x2 @224x224>112x112",
        )
    )
    errors = np.sqrt(np.diag(EXACT.covariance([at, near, far])))
    assert list(errors) == sorted(errors)
    assert SPEC.noise < errors[0] < 0.05
    assert errors[2] == pytest.approx(np.hypot(SPEC.spread, SPEC.noise), rel=0.05)


@given(st.lists(st.integers(8, 512), min_size=1, max_size=6, unique=True))
def test_joint_errors_are_a_covariance(widths: list[int]) -> None:
    covariance = EXACT.covariance([kernel(f"Conv {c}>{c} k1x1 @28x28") for c in widths])
    np.testing.assert_allclose(covariance, covariance.T, atol=1e-12)
    assert np.linalg.eigvalsh(covariance).min() > 0


def test_rows_count_by_how_far_their_sessions_lie_apart() -> None:
    """Of two rows of one kernel the steady one is believed, and a marked one is no price."""
    (kernel,) = (each for _, each in parse_chain("Conv 64>64 k1x1 @28x28"))
    chain, spec = ((1, kernel),), replace(SPEC, noise=0.01, spread=0.3)
    steady, restless = Observation(chain, 1e-4, 0.01), Observation(chain, 2e-4, 0.5, marked=True)
    (both,) = Family(spec, [steady, restless]).seconds([kernel])
    (turned,) = Family(
        spec, [steady._replace(seconds=2e-4), restless._replace(seconds=1e-4)]
    ).seconds([kernel])
    assert both == pytest.approx(1e-4, rel=0.02)
    assert turned == pytest.approx(2e-4, rel=0.02)


def test_a_kernel_of_several_rows_is_priced_as_in_chains_that_hold_it_twice() -> None:
    first, second = (kernel(f"Conv {c}>{c} k1x1 @28x28") for c in (64, 128))
    times = ((first, 2e-4), (second, 5e-4), (first, 3e-4))
    single, chains = (
        Family(SPEC, [Observation(chain(each), time, 0.1) for each, time in times])
        for chain in (lambda each: ((2, each),), lambda each: ((1, each), (1, each)))
    )
    asked = [first, second, kernel("Conv 96>96 k1x1 @28x28")]
    np.testing.assert_allclose(single.seconds(asked), chains.seconds(asked))
    np.testing.assert_allclose(single.covariance(asked), chains.covariance(asked))
    assert single.bases(asked) == chains.bases(asked)


@pytest.mark.parametrize(("marked", "basis"), [(False, True), (True, False)])
def test_a_marked_row_is_no_measured_price(marked: bool, basis: bool) -> None:
    (kernel,) = (each for _, each in parse_chain("Conv 64>64 k1x1 @28x28"))
    rows = [Observation(((1, kernel),), 1e-4, 0.1, marked)]
    assert (Family(SPEC, rows).bases([kernel]) == [Basis.MEASURED]) is basis


def test_bands_have_what_sessions_of_kernels_like_it_scatter_by() -> None:
    few, many = (
        [each for _, each in parse_chain(text)]
        for text in ("Conv 16>16 k1x1 @7x7", "Conv 256>256 k1x1 @56x56")
    )
    spec = replace(SPEC, noise=0.01, spread=0.3, band_scale=1.0, context=0.0)
    rows = [
        *(Observation(((1, each),), 3e-6, 0.2) for each in few),
        *(Observation(((1, each),), 1e-3, 0.02) for each in many),
    ]
    family = Family(spec, rows)
    (small,), (large,) = (np.sqrt(np.diag(family.covariance(each))) for each in (few, many))
    assert small > 0.2
    assert large < 0.1
