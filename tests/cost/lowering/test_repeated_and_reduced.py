"""How operands are repeated and which dims are reduced, as kernels tell it."""

from __future__ import annotations

import pytest

from archlint.cost.lowering.lower import lower
from archlint.cost.pricing.moves import pieces_of
from archlint.testing import Net
from tests.cost.lowering.test_lower_blocked import ORT


@pytest.mark.parametrize(
    ("shape", "operand", "text", "pieces"),
    [
        ((1, 18, 8, 8), (1, 18, 1, 1), "Mul 18 @8x8 n1 (by channel)", 18),
        ((1, 18, 8, 8), (1, 1, 8, 8), "Mul 18 @8x8 n1 (by map)", 18),
        ((1, 8, 8, 18), (18,), "Mul 8 @8x18 n1 (by row)", 64),
        ((1, 64, 18), (18,), "Mul 18 @64 n1 (by row)", 64),
        ((1, 18, 8, 8), (1,), "Mul 18 @8x8 n1 (scalar)", 1),
        # rows each with a number of its own, as norms written out have them
        ((1, 64, 18), (1, 64, 1), "Mul 64 @1x18 n1 (by channel)", 64),
        # windows of a map, and the heads' biases that are the same in all of them
        ((16, 6, 49, 49), (1, 6, 49, 49), "Mul 14406 @16 n1 (by row)", 16),
        # one number for each line of a map
        ((1, 18, 8, 16), (1, 1, 8, 1), "Mul 144 @1x16 n1 (by channel)", 144),
    ],
)
def test_a_kernel_has_as_many_runs_as_its_operands_are_repeated_in(
    shape: tuple[int, ...], operand: tuple[int, ...], text: str, pieces: int
) -> None:
    net = Net()
    x = net.input(*shape)
    (placed,) = lower(net.model(net.op("Mul", x, net.weight("w", *operand))), ORT).kernels
    assert placed.kernel.text == text
    assert pieces_of(placed.kernel) == pieces


def test_an_outer_product_is_a_run_of_the_one_for_each_number_of_the_other() -> None:
    """As a selective scan makes its steps: 2048 runs of 16 elements, 22 us, not 4."""
    net = Net()
    left, right = net.input(1, 128, 1, 16), net.input(1, 128, 16, 1, name="right")
    (placed,) = lower(net.model(net.op("Mul", left, right)), ORT).kernels
    assert placed.kernel.text == "Mul 2048 @1x16 n1 (by channel)"


@pytest.mark.parametrize(
    ("shape", "axes", "text"),
    [
        ((2, 18, 8, 8), [1], "ReduceMean 18>64 @8x8>1 b2 (axes 1)"),
        ((2, 18, 8, 8), [2, 3], "ReduceMean 18 @8x8>1 b2 (map)"),
        ((2, 18, 8, 8), [3], "ReduceMean 18>144 @8x8>1 b2 (row)"),
        # maps whose channels are last: sums over all positions
        ((1, 4, 4, 96), [1, 2], "ReduceMean 16>96 @1x96>1 (axes 1)"),
        ((2, 4, 4, 96), [1, 2], "ReduceMean 16>96 @1x96>1 b2 (axes 1)"),
        ((2, 18, 8, 8), [2], "ReduceMean 8 @1x8>1 b36 (axes 1)"),
        ((2, 18, 8, 8), [1, 2, 3], "ReduceMean 1152>2 @2>1 (row)"),
        # two runs of dims that are reduced, and one between them that stays
        ((2, 18, 8, 8), [0, 2, 3], "ReduceMean 18>9 @8x8>1 b2 (axes 0-2-3)"),
    ],
)
def test_neighbouring_dims_are_reduced_as_one(
    shape: tuple[int, ...], axes: list[int], text: str
) -> None:
    net = Net()
    reduced = net.op("ReduceMean", net.input(*shape), axes=axes)
    (placed,) = lower(net.model(reduced), ORT).kernels
    assert placed.kernel.text == text


def test_the_work_of_a_reduction_is_what_it_sums() -> None:
    net = Net()
    reduced = net.op("ReduceMean", net.input(1, 4, 4, 96), axes=[1, 2])
    (placed,) = lower(net.model(reduced), ORT).kernels
    assert placed.kernel.flops == 4 * 4 * 96
