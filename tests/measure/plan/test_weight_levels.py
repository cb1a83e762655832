from __future__ import annotations

import pytest

from archlint.cost.kernels.kernel import parse_chain
from archlint.cost.pricing.columns import Columns
from archlint.cost.pricing.machine import Machine
from archlint.cost.pricing.terms import coldness
from archlint.measure.plan.weight_levels import weight_levels


def test_the_levels_go_from_a_quarter_of_the_last_cache_to_twice_it() -> None:
    assert weight_levels(32 * 2**20) == (8, 24, 67)
    assert weight_levels(50 * 10**6) == (12, 35, 100)


def test_a_cache_that_is_not_told_is_taken_to_be_32_mib() -> None:
    assert weight_levels(0) == weight_levels(32 * 2**20)


@pytest.mark.parametrize("cache", [8 * 2**20, 32 * 2**20, 256 * 2**20])
def test_at_the_levels_weights_are_warm_halfway_and_cold(cache: int) -> None:
    texts = [f"MatMul 64>64 @4 /{level}MB" for level in weight_levels(cache)]
    columns = Columns([kernel for text in texts for _, kernel in parse_chain(text)])
    found = coldness(columns, Machine(far=cache))
    assert found == pytest.approx([0, 0.5, 1], abs=0.05)
