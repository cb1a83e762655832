"""Convs of widths just below, at and just above multiples of 16: 240 kernels.

What a runtime pads to, and where it leaves a fast path, lies at multiples of 2, 4, 8 or 16: each
point is one conv at a multiple of 16 and its neighbours, alike in all but their width.  96 of
depthwise convs, 72 of 3x3 and 72 of 1x1.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from math import prod, sqrt

from archlint.measure.plan.experiment import Experiment
from archlint.measure.plan.low_discrepancy import Point, points
from archlint.measure.plan.sampling import (
    MAPS,
    MOST_FLOPS,
    ROTATIONS,
    Map,
    conv,
    strided,
    width,
    within_bounds,
)

__all__ = ["sample"]

OFFSETS = (0, -2, -4, -8, -1, 4)
"""From a multiple of 16: odd multiples of all that vectors and blocks are made of."""

_BLOCK = 16

DEPTHWISE = {3: 7.0, 5: 4.0, 7: 2.0, 9: 2.0, 11: 1.0}

EPILOGUES: dict[tuple[str, ...], float] = {(): 2.0, ("Relu",): 1.0}


def sample(seed: int) -> tuple[list[Experiment], ...]:
    """Kernels drawn with this seed, by sort."""
    return (
        list(_around(seed, "depthwise boundary", 16, None)),
        list(_around(seed, "boundary 3x3", 12, (3, 3))),
        list(_around(seed, "boundary 1x1", 12, (1, 1))),
    )


def _around(seed: int, name: str, count: int, window: Map | None) -> Iterator[Experiment]:
    """The neighbours of so many multiples of 16: each is a series of its own, its FLOPs differ."""
    found: dict[str, Experiment] = {}
    for at, point in enumerate(islice(points(seed, name, 4), 100 * count)):
        if len(found) == count * len(OFFSETS):
            break
        made = _at(point, window)
        rotation = point.pick(ROTATIONS)
        if found.keys().isdisjoint(made):
            found |= {
                text: Experiment(text, f"{name} {at + 1}: {channels}", rotation)
                for text, channels in made.items()
            }
    yield from found.values()


def _at(point: Point, window: Map | None) -> dict[str, int]:
    """The texts of the neighbours with their widths; none where the widest is too large."""
    sizes, share = point.pick(MAPS), point.coordinate()
    side = window[0] if window is not None else point.pick(DEPTHWISE)
    stride = point.pick({1: 6.0, 2: 1.0}) if side > 1 else 1
    area = prod(strided(sizes, stride)) * side * side
    most = MOST_FLOPS / (2.1 * area)
    mean = width(share, sizes, most if window is None else sqrt(most))
    middle = max(round(mean / _BLOCK), 1) * _BLOCK
    epilogue = point.pick(EPILOGUES)
    made = {}
    for offset in OFFSETS:
        channels = middle + offset
        groups = channels if window is None else 1
        kernel = conv(
            channels, channels, (side, side), sizes,
            stride=stride, groups=groups, epilogue=epilogue,
        )  # fmt: skip
        if within_bounds(kernel):
            made[kernel.text] = channels
    return made if len(made) == len(OFFSETS) else {}
