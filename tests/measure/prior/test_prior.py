from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from archlint.cost.check_table import check_table
from archlint.cost.kernels.kernel import Kernel, parse_term
from archlint.cost.pricer import Pricer
from archlint.cost.pricing.price import Basis
from archlint.cost.target import Target, load_target
from archlint.cost.target_files import files_of
from archlint.measure.runner import Request, measure
from tests.measure.fake_backend import FakeBackend, Silent, ideal
from tests.measure.prior.carrying import MADE, base_target, finish


def half(_: int) -> float:
    return 0.5


@pytest.fixture
def base(tmp_path: Path) -> Target:
    return base_target(tmp_path)


def calibrated(out: Path, base: Target, *, calibrating: bool = True, **asked: Any) -> Target:
    request = replace(Request("mine", out, MADE, bases=(base,), calibrating=calibrating), **asked)
    measure(request, FakeBackend(speed=half), finish=finish, progress=Silent())
    files = files_of(out / "mine")
    found = load_target(files)
    check_table(found, files)
    return found


def kernel(text: str) -> Kernel:
    return parse_term(text)[1]


def test_prices_are_those_of_this_device(tmp_path: Path, base: Target) -> None:
    mine = calibrated(tmp_path, base)
    assert mine.transfer is not None
    assert mine.transfer.base == "base"
    assert mine.transfer.factor == pytest.approx(0.5, rel=0.01)
    pricer = Pricer(mine)
    for text in ("Conv 30>64 k1x1 @28x28 /4MB", "Add 33 @28x28 /4MB"):
        price = pricer.price(kernel(text))
        assert price is not None
        assert price.seconds == pytest.approx(0.5 * ideal(kernel(text)), rel=0.06)
        assert price.low < price.seconds < price.high


def test_rows_of_the_base_are_told_from_those_measured_here(tmp_path: Path, base: Target) -> None:
    mine = calibrated(tmp_path, base)
    own = [row for row in mine.rows if not row.carried]
    carried = [row for row in mine.rows if row.carried]
    assert len(own) + len(carried) == len(base.rows)
    assert {row.how for row in carried} == {"carried over from base"}
    there = {row.kernels: row.median_s for row in base.rows}
    assert all(row.uncorrected_s == there[row.kernels] for row in carried)
    bases = Counter(
        price.basis for row in mine.rows if (price := Pricer(mine).price(kernel(row.kernels)))
    )
    assert bases[Basis.MEASURED] >= 20
    assert set(bases) <= {Basis.MEASURED, Basis.INTERPOLATED, Basis.TRANSFERRED}


def test_a_price_that_only_the_base_tells_is_transferred(tmp_path: Path, base: Target) -> None:
    mine = calibrated(tmp_path, base)
    far = replace(
        mine,
        rows=[row for row in mine.rows if row.carried or "Add" not in row.kernels],
    )
    price = Pricer(far).price(kernel("Add 33 @28x28 /4MB"))
    assert price is not None
    assert price.basis is Basis.TRANSFERRED


def test_bands_are_wider_than_the_base_s(tmp_path: Path, base: Target) -> None:
    mine = calibrated(tmp_path, base)
    before = {spec.name: spec for spec in base.families}
    for spec in mine.families:
        assert spec.context > before[spec.name].context
        assert spec.band_scale > before[spec.name].band_scale


def test_measuring_goes_on_until_nothing_of_the_base_is_left(tmp_path: Path, base: Target) -> None:
    calibrated(tmp_path, base)
    mine = calibrated(tmp_path, base, calibrating=False)
    assert mine.transfer is None
    assert mine.is_measured
    assert len(mine.rows) == len(base.rows)
    assert not any(row.carried for row in mine.rows)


def test_what_is_measured_in_part_keeps_the_rest_of_the_base(tmp_path: Path, base: Target) -> None:
    backend = FakeBackend(speed=half)

    def clock() -> float:
        return float(len(backend.medleys))

    request = Request("part", tmp_path, MADE, budget=35.0, bases=(base,))
    measure(request, backend, finish=finish, progress=Silent(), clock=clock)
    part = load_target(files_of(tmp_path / "part"))
    assert part.transfer is not None
    counts = Counter(row.carried for row in part.rows)
    assert min(counts[True], counts[False]) >= 20
    assert sum(counts.values()) == len(base.rows)


def test_without_kernels_enough_there_is_nothing_to_carry(tmp_path: Path, base: Target) -> None:
    few = {"shared": MADE["shared"]}
    mine = calibrated(tmp_path, base, calibrating=False, whole=False, experiments=few)
    assert mine.transfer is None
    assert not any(row.carried for row in mine.rows)
