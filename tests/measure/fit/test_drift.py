from __future__ import annotations

import pytest

from archlint.cost.kernels.kernel import parse_chain
from archlint.errors import MeasureError
from archlint.measure.fit.drift import Reference, reference_kernels, take_baseline
from tests.measure.fake_backend import FakeBackend, convs, ideal

KERNELS = [parse_chain(text)[0][1] for text in convs(20, first=256)]
OTHERS = [parse_chain(text)[0][1] for text in ("Add 64 @56x56", "Softmax 400 @400", "Add 4")]


def test_the_reference_has_kernels_of_every_kind_that_take_neither_us_nor_seconds() -> None:
    chosen = reference_kernels(KERNELS + OTHERS)
    assert len(chosen) == 22
    assert {kernel.op for kernel in chosen} == {"Conv", "Add", "Softmax"}
    assert OTHERS[2] not in chosen
    assert chosen == reference_kernels(KERNELS + OTHERS)


def test_where_all_are_small_the_first_do() -> None:
    small = [parse_chain(f"Add {n}")[0][1] for n in range(1, 60)]
    assert reference_kernels(small) == tuple(small[:40])


def test_of_many_forty_are_chosen() -> None:
    many = [parse_chain(f"Add {n} @56x56")[0][1] for n in range(64, 164)]
    assert len(reference_kernels(many)) == 40


def test_the_baseline_is_the_median_of_nine_sessions_after_a_warm_up() -> None:
    speeds = [5.0] * 6 + [1.0] * 5 + [9.0] * 4
    backend = FakeBackend(speed=lambda number: speeds[number])
    reference = take_baseline(backend, KERNELS[:3])
    assert len(backend.medleys) == 15
    assert reference == Reference(
        tuple(kernel.text for kernel in KERNELS[:3]), tuple(map(ideal, KERNELS[:3]))
    )


def test_what_the_runtime_refuses_is_no_reference() -> None:
    reference = take_baseline(FakeBackend(breaks=frozenset({"Softmax"})), KERNELS[:3] + OTHERS)
    assert reference.medley == (*KERNELS[:3], OTHERS[0], OTHERS[2])
    with pytest.raises(MeasureError, match="not implemented"):
        take_baseline(FakeBackend(breaks=frozenset({"Softmax"})), OTHERS[1:2])


def test_each_session_has_an_order_of_its_own() -> None:
    backend = FakeBackend()
    take_baseline(backend, KERNELS[:8])
    assert len({medley.kernels for medley in backend.medleys}) == 9
    assert {frozenset(medley.kernels) for medley in backend.medleys} == {frozenset(KERNELS[:8])}


def test_drift_is_how_much_slower_the_machine_is() -> None:
    reference = take_baseline(FakeBackend(), KERNELS[:4])
    assert reference.medley == tuple(KERNELS[:4])
    assert reference.drift(FakeBackend()) == pytest.approx(1.0)
    assert reference.drift(FakeBackend(speed=lambda _: 1.3)) == pytest.approx(1.3)


def test_one_disturbed_kernel_is_no_drift() -> None:
    kernels = [*KERNELS[:4], OTHERS[0]]
    reference = take_baseline(FakeBackend(), kernels)
    assert reference.drift(FakeBackend(noisy=frozenset({"Add"}))) == pytest.approx(1.0)
