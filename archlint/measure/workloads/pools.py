"""Pools: 96 kernels."""

from __future__ import annotations

from collections.abc import Mapping

from archlint.cost.kernels.kernel import Kernel
from archlint.cost.kernels.kind import Kind
from archlint.cost.kernels.ops import GENERIC
from archlint.measure.plan.experiment import Experiment
from archlint.measure.plan.low_discrepancy import Point
from archlint.measure.plan.sampling import PLAIN, draw, feature_map, rounded, strided, width

__all__ = ["sample"]

WHOLE = 0
"""A window of the whole map, unpadded."""

WINDOWS: Mapping[tuple[int, int], float] = {
    (2, 2): 4.0, (3, 2): 6.0, (3, 1): 6.0, (2, 1): 0.5, (5, 1): 2.0, (5, 3): 0.5, (7, 1): 1,
    (WHOLE, 1): 0.7, (1, 2): 1.5,
}  # fmt: skip
"""Pools' windows and strides."""


def sample(seed: int) -> tuple[list[Experiment], ...]:
    """Kernels drawn with this seed, by sort."""
    return draw(seed, "pool", 70, _pool, filled=10), draw(seed, "generic pool", 16, _generic)


def _pool(point: Point) -> list[Kernel]:
    """Both pools by turns on one tensor: they have equal FLOPs."""
    _, sizes, batch = feature_map(point)
    channels = rounded(width(point.coordinate(), sizes), point.pick(PLAIN))
    side, stride = point.pick(WINDOWS)
    out = strided(sizes, stride)
    if side == WHOLE:
        side, sizes, out = 7, (7, 7), (1, 1)
    return [
        Kernel(
            Kind.POOL, op, channels, channels, sizes, out, batch, (side, side), (stride, stride)
        )
        for op in point.pick(
            {("MaxPool",): 2.0, ("AveragePool",): 2.0, ("MaxPool", "AveragePool"): 1.0}
        )
    ]  # fmt: skip


def _generic(point: Point) -> list[Kernel]:
    """Means that no quick kernel takes: the padding counts, in a map whose size is rounded up."""
    _, sizes, batch = feature_map(point)
    channels = rounded(width(point.coordinate(), sizes), point.pick(PLAIN))
    stride = point.pick({1: 3.0, 2: 1.0})
    return [
        Kernel(
            Kind.POOL, "AveragePool", channels, channels, sizes, strided(sizes, stride), batch,
            (3, 3), (stride, stride), path=GENERIC,
        )
    ]  # fmt: skip
