from __future__ import annotations

import numpy as np
import pytest

from archlint.cost.kernels.kernel import Kernel
from archlint.cost.kernels.kind import Kind
from archlint.cost.pricer import Pricer
from archlint.cost.pricing.width_step import width_step
from archlint.cost.redesign.fastest import width_step as step_of
from archlint.testing import target_of

WIDTHS = range(8, 264, 8)


def depthwise(channels: int) -> Kernel:
    return Kernel(
        Kind.DEPTHWISE, "Conv", channels, channels, (28, 28), (28, 28), window=(3, 3),
        groups=channels,
    )  # fmt: skip


def slow_off(step: int, times: float) -> dict[Kernel, float]:
    """Seconds by kernel of a device that is slower off multiples of a step."""
    return {
        depthwise(width): (1e-6 + 1e-7 * width) * (times if width % step else 1.0)
        for width in WIDTHS
    }


@pytest.mark.parametrize(
    ("step", "times", "found"), [(16, 1.4, 16), (32, 1.4, 32), (16, 1.02, 1), (16, 0.7, 1)]
)
def test_the_step_is_where_rows_off_it_are_slow_next_to_the_fit(
    step: int, times: float, found: int
) -> None:
    kernels = list(slow_off(step, times))
    residuals = np.array([np.log(times) if each.c_in % step else 0.0 for each in kernels])
    assert width_step(kernels, residuals) == found


def test_a_few_rows_tell_no_step() -> None:
    kernels = [depthwise(width) for width in (8, 16, 24, 32, 40, 48)]
    assert width_step(kernels, np.array([0.4, 0.0, 0.4, 0.0, 0.4, 0.0])) == 1


@pytest.mark.parametrize(("times", "step"), [(1.0, 8), (1.5, 16)])
def test_widths_to_propose_are_what_the_rows_of_the_target_run_fast(
    times: float, step: int
) -> None:
    rows = {kernel.text: seconds for kernel, seconds in slow_off(16, times).items()}
    assert step_of(Pricer(target_of(rows)), [depthwise(100)]) == step


def test_group_convs_and_what_has_no_rows_ask_for_no_step() -> None:
    pricer = Pricer(target_of({"Relu 64 @56x56": 20e-6}))
    grouped = depthwise(64)._replace(kind=Kind.GROUP_CONV, groups=4)
    assert step_of(pricer, [depthwise(64), grouped]) == 8
