"""Depthwise convs: 202 kernels.

24 of them have several channels out of each, and are group convs to runtimes.  Of 1x1 too, which
is what becomes of a normalisation in a blocked layout.
"""

from __future__ import annotations

from math import prod

from archlint.cost.kernels.kernel import Kernel
from archlint.measure.plan.experiment import Experiment
from archlint.measure.plan.low_discrepancy import Point
from archlint.measure.plan.sampling import (
    BATCHES,
    MAPS,
    MOST_FLOPS,
    PLAIN,
    conv,
    draw,
    feature_map,
    rounded,
    strided,
    width,
)

__all__ = ["sample"]

WINDOWS = {1: 3.0, 3: 11.0, 5: 5.0, 7: 3.0, 9: 0.6, 11: 0.4}

DEPTHWISE_EPILOGUES: dict[tuple[str, ...], float] = {
    (): 4.0, ("Relu",): 2.0, ("Clip",): 2.5, ("HardSwish",): 1.5,
}  # fmt: skip


def sample(seed: int) -> tuple[list[Experiment], ...]:
    """Kernels drawn with this seed, by sort."""
    return (
        draw(seed, "depthwise conv", 110, _depthwise, filled=20),
        draw(seed, "scale", 40, _scale, filled=8),
        draw(seed, "depthwise multiplier", 24, _multiplied),
    )


def _depthwise(point: Point) -> list[Kernel]:
    """One window, and often another one at equal FLOPs: fewer channels under a larger window."""
    sizes, share, side = point.pick(MAPS), point.coordinate(), point.pick(WINDOWS)
    epilogue = point.pick(DEPTHWISE_EPILOGUES)
    batch, stride = point.pick(BATCHES), point.pick({1: 3.0, 2: 1.0}) if side > 1 else 1
    area = batch * prod(strided(sizes, stride)) * side * side
    # depthwise convs are on the wide side of a block
    most = min(1.2 * width(share, sizes), MOST_FLOPS / (2.1 * area))
    channels = rounded(most, point.pick(PLAIN))
    found = [(channels, side)]
    if side > 1 and point.pick({True: 1.0, False: 1.0}):
        others: dict[int, float] = {each: 1.0 for each in (3, 5, 7) if each != side}
        other = point.pick(others)
        equal = channels * side * side / other**2
        number = round(equal / 4) * 4
        if 8 <= number <= 1536 and abs(number / equal - 1) < 0.03:
            found.append((number, other))
    return [
        conv(
            number, number, (window, window), sizes,
            stride=stride, batch=batch, groups=number, epilogue=epilogue,
        )
        for number, window in found
    ]  # fmt: skip


def _multiplied(point: Point) -> list[Kernel]:
    """Two and more channels out of each."""
    sizes, share, side = point.pick(MAPS), point.coordinate(), point.pick({3: 3.0, 5: 1.0, 7: 2.0})
    stride, times = point.pick({1: 2.0, 2: 1.0}), point.pick({2: 3.0, 3: 1.0, 4: 1.0})
    area = prod(strided(sizes, stride)) * side * side
    channels = rounded(min(width(share, sizes), MOST_FLOPS / (2.1 * area * times)), 8)
    return [
        conv(
            channels, times * channels, (side, side), sizes,
            stride=stride, groups=channels, epilogue=point.pick({(): 1.0, ("Relu",): 1.0}),
        )
    ]  # fmt: skip


def _scale(point: Point) -> list[Kernel]:
    """A depthwise 1x1 conv, alone or with its activation."""
    channels, sizes, batch = feature_map(point)
    return [
        conv(channels, channels, (1, 1), sizes, batch=batch, groups=channels, epilogue=epilogue)
        for epilogue in point.pick({((),): 2.0, (("Relu",),): 2.0, ((), ("Relu",)): 1.0})
    ]
