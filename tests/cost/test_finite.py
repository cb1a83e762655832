"""No number of a target makes a price, or a comparison of two, that is none."""

from __future__ import annotations

from dataclasses import replace
from math import inf, isfinite, nan

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archlint.baseline import Sighting
from archlint.cost.kernels.kernel import Kernel, parse_term
from archlint.cost.pricer import Pricer
from archlint.cost.pricing.family import FamilySpec
from archlint.cost.pricing.price import Basis, Comparison, Price
from archlint.cost.pricing.row import Row
from archlint.cost.target import Calibration, Target
from archlint.errors import TargetError
from archlint.results.findings import PricedOn
from archlint.results.model_diff import TargetDiff
from archlint.results.severity import Severity
from archlint.testing import target_of

ROWS = {
    "Conv 64>64 k1x1 @28x28": 1e-4,
    "Conv 64>128 k1x1 @28x28": 1.9e-4,
    "Conv 128>128 k1x1 @28x28": 3.9e-4,
    "Conv 32>64 k1x1 @56x56": 2e-4,
    "Relu 64 @56x56": 2e-5,
    "Relu 256 @56x56": 9e-5,
    "Add 128 @28x28": 3e-5,
}
TARGET = target_of(ROWS)
ASKED = [
    parse_term(text)[1]
    for text in (*ROWS, "Conv 96>96 k1x1 @28x28", "Conv 4096>4096 k1x1 @112x112", "Relu 1 @1x1")
]
NOW, INSTEAD = ASKED[:3], ASKED[3:6]

anything = st.sampled_from([nan, inf, -inf, 0.0, -1.0, 5e-324, 1e-12, 1e6, 1e300]) | st.floats()
"""As no table may have it: here nothing has looked at the rows before."""

spread = anything | st.floats(0.0, 3.0)


@st.composite
def broken(draw: st.DrawFn) -> Target:
    """A target with some of its numbers replaced."""

    def row(each: Row) -> Row:
        return replace(each, median_s=draw(anything)) if draw(st.booleans()) else each

    def family(each: FamilySpec) -> FamilySpec:
        lengths = {name: draw(spread) for name in each.lengths} if draw(st.booleans()) else {}
        return replace(
            each,
            spread=draw(spread), noise=draw(spread), unlike=draw(spread),
            band_scale=draw(spread), context=draw(spread), lengths=lengths or each.lengths,
        )  # fmt: skip

    families = tuple(map(family, TARGET.families)) if draw(st.booleans()) else TARGET.families
    scales = Calibration((), draw(spread), None, 0, draw(spread))
    rows = tuple(map(row, TARGET.rows)) if draw(st.booleans()) else TARGET.rows
    return replace(TARGET, families=families, calibration=scales, rows=rows)


def _all_positive(*numbers: float) -> bool:
    return all(0 < each < inf for each in numbers)


@given(target=broken(), asked=st.lists(st.sampled_from(ASKED), min_size=1, max_size=5))
def test_a_price_is_a_positive_number_or_the_run_fails(target: Target, asked: list[Kernel]) -> None:
    try:
        pricer = Pricer(target)
        total, seconds = pricer.total(asked), pricer.seconds(asked)
        compared = pricer.compare(asked, INSTEAD)
    except TargetError:
        return
    if total is not None:
        assert _all_positive(total.seconds, total.low, total.high)
    assert seconds is None or _all_positive(seconds)
    if compared is not None:
        assert _all_positive(compared.slowdown, compared.low, compared.high)
        assert isfinite(compared.saving)


def test_a_sound_target_gives_prices() -> None:
    pricer = Pricer(TARGET)
    assert pricer.compare(NOW, INSTEAD) is not None
    assert all(pricer.price(kernel) is not None for kernel in ASKED)


BAD = pytest.mark.parametrize("bad", [nan, inf, -inf, 0.0, -1.0])
GOOD = Price(1.0, 0.9, 1.1, Basis.MEASURED)


@BAD
@pytest.mark.parametrize("at", range(3))
def test_nothing_that_is_compared_can_be_made_of_no_number(bad: float, at: int) -> None:
    low, middle, high = (bad if at == place else 1.0 for place in range(3))
    with pytest.raises(TargetError):
        Price(middle, low, high, Basis.MEASURED)
    with pytest.raises(TargetError):
        Comparison(GOOD, GOOD, middle, low, high, Basis.MEASURED)
    with pytest.raises(TargetError):
        TargetDiff("cpu", "a CPU", 1.0, 1.0, middle, low, high, Basis.MEASURED)
    with pytest.raises(TargetError):
        PricedOn("cpu", Severity.NOTE, 1.0, 1.0, middle, low, high, 0.1, 0.1, Basis.MEASURED)


@pytest.mark.parametrize("bad", [nan, inf, -inf])
def test_nor_can_what_a_place_saves(bad: float) -> None:
    with pytest.raises(TargetError):
        PricedOn("cpu", Severity.NOTE, 1.0, 1.0, 1.0, 1.0, 1.0, 0.1, bad, Basis.MEASURED)
    for most, saves in (({"cpu": bad}, {}), ({}, {"cpu": bad})):
        with pytest.raises(TargetError):
            Sighting("G1", "width", "m", "Conv", "8x8", "now", most, saves)
