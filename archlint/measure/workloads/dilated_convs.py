"""Dilated 3x3 convs, each with the same one undilated: 48 kernels."""

from __future__ import annotations

from collections.abc import Callable
from math import prod, sqrt

from archlint.cost.kernels.kernel import Kernel
from archlint.measure.plan.experiment import Experiment
from archlint.measure.plan.low_discrepancy import Point
from archlint.measure.plan.sampling import (
    BATCHES,
    MOST_FLOPS,
    PLAIN,
    Map,
    conv,
    draw,
    rounded,
    width,
)

__all__ = ["sample"]

MAPS: dict[Map, float] = {(14, 14): 1, (28, 28): 2, (33, 33): 2, (56, 56): 2, (65, 65): 1}
"""Networks for segmentation dilate on what other networks have strided."""

APART = {2: 3.0, 4: 2.0, 6: 1.0, 12: 2.0, 18: 1.0, 24: 1.0, 36: 0.5}


def sample(seed: int) -> tuple[list[Experiment], ...]:
    """Kernels drawn with this seed, by sort."""
    return (
        draw(seed, "dilated conv", 28, lambda point: _dilated(point, lambda _: 1)),
        draw(seed, "dilated depthwise conv", 12, lambda point: _dilated(point, lambda c: c)),
        draw(seed, "dilated group conv", 8, lambda point: _dilated(point, lambda c: c // 16)),
    )


def _dilated(point: Point, groups_of: Callable[[int], int]) -> list[Kernel]:
    sizes, share, apart = point.pick(MAPS), point.coordinate(), point.pick(APART)
    batch = point.pick(BATCHES)
    most = sqrt(MOST_FLOPS / (2.1 * batch * prod(sizes) * 9))
    channels = rounded(width(share, sizes, most), point.pick(PLAIN))
    groups = max(groups_of(channels), 1)
    channels -= channels % groups
    whole = conv(
        channels, channels, (3, 3), sizes,
        batch=batch, groups=groups, epilogue=point.pick({(): 1.0, ("Relu",): 2.0}),
    )  # fmt: skip
    return [whole._replace(dilations=(apart, apart)), whole]
