from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archlint.cost.kernels.kernel import Kernel, parse_chain
from archlint.cost.kernels.kind import Kind
from archlint.cost.pricer import Pricer, equal_flops_pairs
from archlint.cost.pricing.family import Family
from archlint.cost.pricing.price import Basis
from archlint.cost.pricing.table import Row
from tests.cost.paper_targets import ARM_PRICER, GPU, GPU_PRICER

both = pytest.mark.parametrize("pricer", [GPU_PRICER, ARM_PRICER], ids=["gpu", "arm"])


def kernels(text: str) -> list[Kernel]:
    return [kernel for count, kernel in parse_chain(text) for _ in range(count)]


@st.composite
def convs(draw: st.DrawFn) -> Kernel:
    groups = draw(st.sampled_from([1, 1, 4]))
    c_in, c_out = (8 * draw(st.integers(1, 64)) for _ in range(2))
    window, size = draw(st.sampled_from([1, 3])), draw(st.sampled_from([7, 14, 28, 56]))
    act = draw(st.sampled_from(["", " +Relu"]))
    suffix = f" g{groups}" if groups > 1 else ""
    return kernels(f"Conv {c_in}>{c_out} k{window}x{window}{suffix} @{size}x{size}{act}")[0]


passes = st.sampled_from(kernels("Add 64 @56x56; MaxPool 64 k3x3 s2x2 @56x56>28x28; Relu 32 @7x7"))
lists = st.lists(st.one_of(convs(), passes), min_size=1, max_size=5)


@pytest.mark.parametrize(
    ("text", "basis"),
    [
        ("Conv 128>128 k1x1 @56x56", Basis.MEASURED),
        ("Conv 360>360 k1x1 g8 @56x56", Basis.MEASURED),
        ("Add 64 @56x56", Basis.MEASURED),
        ("Conv 136>136 k1x1 @56x56", Basis.INTERPOLATED),
        ("Add 48 @56x56", Basis.INTERPOLATED),
        ("Conv 64>64 k7x7 s2x2 @112x112>56x56", Basis.MODELLED),
        ("Conv 128>128 k3x3 g128 @56x56", Basis.MODELLED),
        ("MatMul 384>384 @197", Basis.MODELLED),
        ("Conv 8>8 k1x1 @1x1", Basis.EXTRAPOLATED),
        ("Conv 2048>2048 k3x3 @112x112", Basis.EXTRAPOLATED),
    ],
)
def test_the_paper_measures_some_kernels_and_not_others(text: str, basis: Basis) -> None:
    price = GPU_PRICER.price(kernels(text)[0])
    assert price is not None
    assert price.basis is basis


def test_an_add_costs_what_the_paper_s_units_took_longer_with_their_shortcut() -> None:
    prices = [GPU_PRICER.price(kernels(f"Add {c} @56x56")[0]) for c in (32, 64, 128)]
    seconds = [price.seconds if price is not None else 0.0 for price in prices]
    assert 2e-6 < seconds[0] < 4e-6 < seconds[1] < 6e-6 < 10e-6 < seconds[2] < 14e-6


@both
@given(kernel=convs())
def test_a_price_lies_in_its_band(pricer: Pricer, kernel: Kernel) -> None:
    price = pricer.price(kernel)
    assert price is not None
    assert 0 < price.low < price.seconds < price.high
    assert price.high / price.seconds == pytest.approx(price.seconds / price.low)


@both
@given(several=lists)
def test_a_sum_costs_the_sum_of_its_kernels(pricer: Pricer, several: list[Kernel]) -> None:
    total = pricer.total(several)
    each = [price.seconds for kernel in several if (price := pricer.price(kernel)) is not None]
    assert total is not None
    assert total.seconds == pytest.approx(sum(each))
    assert pricer.seconds(several) == pytest.approx(total.seconds)


@both
@given(several=lists)
def test_errors_within_a_sum_cancel_at_best(pricer: Pricer, several: list[Kernel]) -> None:
    def error(price_of: Iterable[Kernel]) -> float:
        price = pricer.total(price_of)
        assert price is not None
        return price.high / price.seconds

    assert error(several) <= max(error([kernel]) for kernel in several) * (1 + 1e-9)


@both
@given(several=lists)
def test_a_network_against_itself_is_exactly_as_fast(pricer: Pricer, several: list[Kernel]) -> None:
    same = pricer.compare(several, list(several))
    assert same is not None
    assert (same.slowdown, same.low, same.high) == (1.0, 1.0, 1.0)
    assert same.saving == 0.0


@both
@given(now=lists, instead=lists)
def test_a_slowdown_the_other_way_is_the_reciprocal(
    pricer: Pricer, now: list[Kernel], instead: list[Kernel]
) -> None:
    there, back = pricer.compare(now, instead), pricer.compare(instead, now)
    assert there is not None
    assert back is not None
    assert back.slowdown == pytest.approx(1 / there.slowdown)
    assert back.low == pytest.approx(1 / there.high)
    assert back.high == pytest.approx(1 / there.low)
    assert back.basis is there.basis
    assert there.saving == pytest.approx(there.now.seconds * (1 - 1 / there.slowdown), abs=1e-12)


@both
@given(now=lists, instead=lists, times=st.integers(2, 16))
def test_the_band_of_a_slowdown_is_that_of_the_change_repeated(
    pricer: Pricer, now: list[Kernel], instead: list[Kernel], times: int
) -> None:
    once, often = pricer.compare(now, instead), pricer.compare(now * times, instead * times)
    assert once is not None
    assert often is not None
    assert often.slowdown == pytest.approx(once.slowdown)
    assert often.low == pytest.approx(once.low)
    assert often.high == pytest.approx(once.high)


@given(now=convs(), instead=convs(), shared=lists)
def test_what_both_sides_share_narrows_the_band(
    now: Kernel, instead: Kernel, shared: list[Kernel]
) -> None:
    alone = GPU_PRICER.compare([now], [instead])
    among = GPU_PRICER.compare([now, *shared * 20], [instead, *shared * 20])
    assert alone is not None
    assert among is not None
    assert abs(among.slowdown - 1) <= abs(alone.slowdown - 1) * (1 + 1e-9)


def test_a_scale_of_bands_widens_them_in_logs() -> None:
    wide = Pricer(GPU)
    wide.price_scale = 2 * GPU_PRICER.price_scale
    kernel = kernels("Conv 96>96 k3x3 @28x28")[0]
    one, two = GPU_PRICER.price(kernel), wide.price(kernel)
    assert one is not None
    assert two is not None
    assert two.seconds == one.seconds
    assert two.high / two.seconds == pytest.approx((one.high / one.seconds) ** 2)


@pytest.mark.parametrize(
    ("weak", "basis"), [(1, Basis.MEASURED), (8, Basis.MODELLED)], ids=["4%", "24%"]
)
def test_a_sum_rests_on_the_weakest_basis_of_a_fifth_of_its_time(weak: int, basis: Basis) -> None:
    measured = kernels("20 Conv 128>128 k1x1 @56x56")
    modelled = kernels("Conv 128>128 k3x3 g128 @56x56") * weak
    seconds, part = GPU_PRICER.seconds(measured + modelled), GPU_PRICER.seconds(modelled)
    total = GPU_PRICER.total(measured + modelled)
    assert total is not None
    assert seconds is not None
    assert part is not None
    assert (part / seconds >= 0.2) is (basis is Basis.MODELLED)
    assert total.basis is basis


CONVS_ONLY = Pricer(
    replace(GPU, families=tuple(f for f in GPU.families if f.name in ("element-wise", "conv")))
)


def test_a_kind_without_a_family_has_no_price() -> None:
    adds_only = Pricer(replace(GPU, families=GPU.families[:1]))
    conv, add = kernels("Conv 64>64 k1x1 @56x56; Add 64 @56x56")
    assert adds_only.price(conv) is None
    assert adds_only.price(add) is not None
    assert adds_only.total([add, conv]) is None
    assert adds_only.seconds([add, conv]) is None
    assert adds_only.compare([add], [conv]) is None
    assert adds_only.compare([conv], [add]) is None


def test_a_kernel_whose_epilogue_has_no_family_has_no_price() -> None:
    plain, fused = kernels("Conv 64>64 k1x1 @56x56; Conv 64>64 k1x1 @56x56 +Relu")
    assert CONVS_ONLY.price(plain) is not None
    assert CONVS_ONLY.price(fused) is None


def test_nothing_has_no_price() -> None:
    assert GPU_PRICER.total([]) is None
    assert GPU_PRICER.seconds([]) is None
    assert GPU_PRICER.compare([], kernels("Add 64 @56x56")) is None


def test_a_fused_activation_costs_something() -> None:
    plain, fused = kernels("Conv 64>64 k1x1 @56x56; Conv 64>64 k1x1 @56x56 +Relu")
    one, two = GPU_PRICER.price(plain), GPU_PRICER.price(fused)
    assert one is not None
    assert two is not None
    assert one.seconds < two.seconds < 1.2 * one.seconds


@both
def test_only_kinds_with_rows_are_measured(pricer: Pricer) -> None:
    assert {kind for kind in Kind if pricer.measures(kind)} == {
        Kind.CONV,
        Kind.GROUP_CONV,
        Kind.ELEMENTWISE,
        Kind.EPILOGUE,
    }


def test_the_price_does_not_hang_on_what_was_asked_before() -> None:
    fresh = Pricer(GPU)
    asked = kernels("Conv 96>96 k3x3 @28x28 +Relu; Add 96 @28x28")
    fresh.price(asked[1])
    assert fresh.total(asked) == GPU_PRICER.total(asked)


def row(text: str, series: str = "s") -> Row:
    return Row("G1", text, series, "float", 1, "", 1, 1.0, None, None, None, "", "")


def test_pairs_have_equal_flops_in_one_series() -> None:
    rows = [
        row("Conv 64>64 k1x1 @56x56"),
        row("Conv 60>70 k1x1 @56x56"),
        row("Conv 64>80 k1x1 @56x56"),
        row("Conv 64>64 k1x1 @56x56", "other"),
        row("2 Conv 32>64 k1x1 @56x56"),
    ]
    assert equal_flops_pairs(rows) == [(0, 1), (0, 4), (1, 4)]


def test_what_takes_no_time_has_neither_price_nor_slow_down(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pricer, convs = Pricer(GPU), kernels("Conv 64>64 k1x1 @56x56")
    monkeypatch.setattr(Family, "seconds", lambda _, asked: [0.0 for _ in asked])
    assert pricer.total(convs) is None
    assert pricer.compare(convs, convs) is None
