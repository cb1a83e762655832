"""Softmaxes by row length: 30 kernels."""

from __future__ import annotations

from archlint.cost.kernels.kernel import Kernel
from archlint.cost.kernels.kind import Kind
from archlint.measure.plan.experiment import Experiment
from archlint.measure.plan.low_discrepancy import Point
from archlint.measure.plan.sampling import BATCHES, aligned, draw

__all__ = ["sample"]


def sample(seed: int) -> tuple[list[Experiment], ...]:
    """Kernels drawn with this seed, by sort."""
    return (draw(seed, "softmax", 24, _softmax, filled=6),)


def _softmax(point: Point) -> list[Kernel]:
    """Attention's weights, by heads, and rarely a classifier's."""
    sort = point.pick({"heads": 6.0, "windows": 2.0, "classes": 1.0})
    tokens = point.pick(
        {16: 1, 32: 1, 64: 2, 77: 1, 128: 2, 197: 3, 256: 2, 384: 1, 512: 1, 784: 1}
    )
    heads, batch = point.pick({3: 1, 4: 1, 6: 1, 8: 2, 12: 3, 16: 1}), point.pick(BATCHES)
    keys = tokens if point.pick({True: 3.0, False: 1.0}) else aligned(point.between(16, 1024))
    rows: tuple[int, ...] = (tokens, keys)
    channels = heads
    if sort == "windows":
        tokens = point.pick({49: 3.0, 64: 1.0, 144: 1.0})
        rows, batch = (tokens, tokens), batch * point.pick({1: 1.0, 4: 1.0, 16: 1.0, 64: 1.0})
    elif sort == "classes":
        rows, channels = (), point.pick({1000: 3.0, 100: 1.0, 4096: 1.0})
    return [Kernel(Kind.SOFTMAX, "Softmax", channels, channels, rows, rows, batch)]
