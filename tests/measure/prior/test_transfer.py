from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import pytest

from archlint.cost.kernels.kernel import Kernel, parse_term
from archlint.cost.pricing.table import Row
from archlint.cost.target import Target, Transfer
from archlint.measure.prior.transfer import Fitted, fit_transfer
from tests.measure.prior.carrying import base_of, base_target


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Target:
    return base_target(tmp_path_factory.mktemp("targets"))


def here(
    target: Target, time: Callable[[Kernel, float], float], only: Sequence[str] = ("Conv", "Add")
) -> list[tuple[Kernel, Row]]:
    """The base's rows as another device would have them."""
    found = []
    for row in target.rows:
        kernel = parse_term(row.kernels)[1]
        if kernel.op in only:
            found.append((kernel, replace(row, median_s=time(kernel, row.median_s))))
    return found


def fitted(target: Target, measured: Sequence[tuple[Kernel, Row]]) -> Fitted:
    found = fit_transfer(base_of(target), measured)
    assert found is not None
    return found


def test_a_factor_and_a_launch_are_told_apart(target: Target) -> None:
    found = fitted(target, here(target, lambda _, seconds: 0.5 * seconds + 4e-7)).transfer
    assert found.factor == pytest.approx(0.5, rel=0.01)
    assert found.low <= found.factor <= found.high < 1.05 * found.low
    assert found.launch == pytest.approx(4e-7, rel=0.2)


def test_what_one_kind_is_off_by_is_its_own(target: Target) -> None:
    measured = here(target, lambda kernel, s: s * (0.5 if kernel.op == "Conv" else 0.8))
    some = [each for at, each in enumerate(measured) if at % 3]
    found = fitted(target, some)
    left = [each for at, each in enumerate(measured) if not at % 3]
    for op, factor in (("Conv", 0.5), ("Add", 0.8)):
        kernels = [kernel for kernel, _ in left if kernel.op == op and kernel.c_in > 10]
        there = base_of(target).seconds(kernels)
        assert found.carried(kernels, there) / there == pytest.approx(
            np.full(len(kernels), factor), rel=0.05
        )


def test_one_kernel_that_is_something_else_moves_no_factor(target: Target) -> None:
    measured = here(target, lambda kernel, s: s * (99 if kernel.c_in == 20 else 0.5))
    assert fitted(target, measured).transfer.factor == pytest.approx(0.5, rel=0.01)


def test_few_kernels_tell_nothing(target: Target) -> None:
    assert fit_transfer(base_of(target), []) is None
    few = here(target, lambda _, seconds: seconds, only=("Conv",))[:7]
    assert fit_transfer(base_of(target), few) is None
    short = here(target, lambda _, seconds: seconds, only=("Add",))
    assert fit_transfer(base_of(target), short) is None


def test_a_launch_takes_not_all_of_a_time() -> None:
    transfer = Transfer("base", "a CPU", 0.5, 0.5, 0.5, -1e-6, 40)
    base, cached = np.array([1e-6, 1e-3, 1e-3]), np.array([True, True, False])
    assert transfer.seconds(base, cached) == pytest.approx([0.15e-6, 0.499e-3, 0.5e-3])


def test_a_conv_is_carried_over_at_the_widths_that_blocks_pad_to(target: Target) -> None:
    kernel = parse_term("Conv 64>24 k1x1 @28x28 (nchwc)")[1]
    there = replace(target, machine=replace(target.machine, block=8))
    assert base_of(there, block=16).padding([kernel]) == pytest.approx([32 / 24])
    assert base_of(there, block=8).padding([kernel]) == pytest.approx([1.0])
