from __future__ import annotations

import pytest

from archlint.cost.kernels.kernel import Kernel
from archlint.cost.kernels.kind import Kind
from archlint.cost.pricing.bound import OF_TERM, Bound, bound_by
from archlint.cost.pricing.terms import OF_NETWORKS, TERMS, WORK_OF
from tests.cost.paper_targets import GPU_PRICER


def test_every_term_of_a_fit_pays_for_something() -> None:
    assert set(OF_TERM) == {*TERMS, *OF_NETWORKS}
    assert Bound.MIXED not in OF_TERM.values()


@pytest.mark.parametrize(
    ("seconds", "bound"),
    [
        ((("launch", 1.0), ("flops", 3.0), ("bytes", 2.0)), Bound.COMPUTE),
        ((("launch", 1.0), ("flops", 1.0), ("weights", 2.0), ("bytes", 1.0)), Bound.MEMORY),
        ((("launch", 5.0), ("bytes", 1.0)), Bound.LAUNCH),
        ((("launch", 2.0), ("flops", 2.0), ("bytes", 2.0)), Bound.MIXED),
        ((("launch", 1.0), (f"{WORK_OF}Add", 5.0)), None),
        ((("launch", 0.0),), None),
    ],
)  # fmt: skip
def test_a_price_is_bound_by_what_half_of_it_pays_for(
    seconds: tuple[tuple[str, float], ...], bound: Bound | None
) -> None:
    assert bound_by(seconds) is bound


def test_a_wide_conv_is_bound_by_arithmetic_and_an_addition_by_memory() -> None:
    def conv(width: int) -> Kernel:
        sizes = (56, 56)
        return Kernel(Kind.CONV, "Conv", width, width, sizes, sizes, 8, window=(3, 3))

    add = Kernel(Kind.ELEMENTWISE, "Add", 128, 128, (56, 56), (56, 56), 8, operands=2)
    tiny = Kernel(Kind.CONV, "Conv", 8, 8, (7, 7), (7, 7))
    assert GPU_PRICER.bound(conv(512)) is Bound.COMPUTE
    assert GPU_PRICER.bound(conv(4)) is not Bound.COMPUTE
    assert GPU_PRICER.bound(add) is Bound.MEMORY
    assert GPU_PRICER.bound(tiny) is Bound.LAUNCH


def test_what_has_no_price_has_no_bound() -> None:
    assert GPU_PRICER.bound(Kernel(Kind.RECURRENCE, "LSTM", 8, 8, (4,), (4,), 1)) is None
