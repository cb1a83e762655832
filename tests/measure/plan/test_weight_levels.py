from __future__ import annotations

import pytest

from archlint.cost.kernels.kernel import parse_chain
from archlint.cost.pricing.columns import Columns
from archlint.cost.pricing.machine import Machine
from archlint.cost.pricing.terms import coldness, nearness
from archlint.measure.plan.weight_levels import weight_levels


def test_the_levels_go_from_a_quarter_of_the_last_cache_to_twice_it() -> None:
    assert weight_levels(0, 32 * 2**20) == (8, 24, 67)
    assert weight_levels(0, 50 * 10**6) == (12, 35, 100)


def test_there_is_one_more_for_a_cores_own_cache_where_that_is_much_smaller() -> None:
    assert weight_levels(2**20, 32 * 2**20) == (1, 8, 24, 67)
    assert weight_levels(512 * 2**10, 32 * 2**20) == (1, 8, 24, 67)
    assert weight_levels(2 * 2**20, 60 * 2**20)[:2] == (2, 16)
    assert weight_levels(2**20, 4 * 2**20) == weight_levels(0, 4 * 2**20)


def test_a_cache_that_is_not_told_is_taken_to_be_32_mib() -> None:
    assert weight_levels(0, 0) == weight_levels(0, 32 * 2**20)


@pytest.mark.parametrize("cache", [8 * 2**20, 32 * 2**20, 256 * 2**20])
def test_at_the_levels_weights_are_warm_halfway_and_cold(cache: int) -> None:
    texts = [f"MatMul 64>64 @4 /{level}MB" for level in weight_levels(0, cache)]
    columns = Columns([kernel for text in texts for _, kernel in parse_chain(text)])
    found = coldness(columns, Machine(far=cache))
    assert found == pytest.approx([0, 0.5, 1], abs=0.05)


def test_nearness_rises_from_the_last_caches_level_to_the_size_of_a_cores_own() -> None:
    machine = Machine(near=2**20, far=32 * 2**20)
    texts = ["Add 64 @4", *(f"Add 64 @4 /{level}MB" for level in (67, 24, 8, 3, 1))]
    columns = Columns([kernel for text in texts for _, kernel in parse_chain(text)])
    assert nearness(columns, machine) == pytest.approx([0, 0, 0, 0, 0.48, 1], abs=0.01)
    assert not nearness(columns, Machine(far=32 * 2**20)).any()
