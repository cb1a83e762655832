"""Group convs with dense ones and other groups at equal FLOPs: 184 kernels.

110 of 1x1 and 74 of 3x3, one in five of them a dense conv that the others are compared with; a
series has up to four group numbers.
"""

from __future__ import annotations

from math import prod, sqrt

from archlint.cost.kernels.kernel import Kernel
from archlint.measure.plan.experiment import Experiment
from archlint.measure.plan.low_discrepancy import Point, at_share
from archlint.measure.plan.sampling import (
    BATCHES,
    EPILOGUES,
    MAPS,
    MOST_FLOPS,
    WIDEST,
    Map,
    conv,
    draw,
    equal_widths,
    strided,
)

__all__ = ["sample"]

GROUPS = {2: 3.0, 3: 2.0, 4: 3.0, 8: 3.0, 16: 3.0, 32: 4.0, 64: 1.5}

STEPS = {8: 3.0, 4: 3.0, 2: 1.0, 1: 1.0}
"""Of which number the channels a group are a multiple."""

RATIOS = {1.0: 6.0, 0.25: 1.0, 4.0: 1.0, 0.5: 0.5, 2.0: 0.5}
"""Of a conv's output width to its input width; the first counts for 3x3 too."""


def sample(seed: int) -> tuple[list[Experiment], ...]:
    """Kernels drawn with this seed, by sort."""
    return (
        draw(seed, "group conv 1x1", 90, lambda point: _convs(point, (1, 1)), filled=20),
        draw(seed, "group conv 3x3", 60, lambda point: _convs(point, (3, 3)), filled=14),
    )


def _convs(point: Point, window: Map) -> list[Kernel]:
    groups, share, sizes = point.pick(GROUPS), point.coordinate(), point.pick(MAPS)
    batch = point.pick(BATCHES)
    stride = point.pick({1: 6.0, 2: 1.0} if window == (1, 1) else {1: 3.0, 2: 1.0})
    ratio = point.pick(RATIOS) if window == (1, 1) else 1.0
    area = prod(strided(sizes, stride))
    most = min(
        128.0,
        WIDEST / groups,
        # networks have narrower tensors on large maps
        28672 / sqrt(prod(sizes)) / groups,
        sqrt(MOST_FLOPS / (2.1 * batch * area * prod(window) * groups)),
    )
    mean = at_share(share, 4.0, most)
    step = point.pick(STEPS)
    if mean < step:
        step = 4
    a, b = (max(round(mean * each / step), 1) * step for each in (ratio**-0.5, ratio**0.5))
    epilogue = point.pick(EPILOGUES)
    found = [(groups, a, b)]
    others = {1: 3.0} | {each: 1.0 for each in (2, 4, 8, 16, 32, 64) if each != groups}
    for _ in range(point.pick({1: 1.0, 2: 2.0, 3: 1.0})):
        other = point.pick(others)
        del others[other]
        # aligned where that divides, for a dense conv always
        for step in (8, 4, 2) if other > 1 else (8,):
            pair = equal_widths(groups * a * b / other, b / a, step)
            fits = pair is not None and min(pair) >= 4 and max(pair) <= (128, WIDEST)[other == 1]
            if pair is not None and fits and max(pair) * other <= WIDEST:
                found.append((other, *pair))
                break
    return [
        conv(
            g * c_in, g * c_out, window, sizes,
            stride=stride, batch=batch, groups=g, epilogue=epilogue,
        )
        for g, c_in, c_out in found
    ]  # fmt: skip
