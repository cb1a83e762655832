"""The workloads of kernels that no rule owns.

413 kernels: 204 pools, 105 reductions over maps and rows, 38 Softmaxes by row length, 30
transposed convs and 36 views, which cost a launch or nothing.  Attention's products are G1's.
"""

from __future__ import annotations

from archlint.cost.kernels.kernel import Kernel
from archlint.cost.kernels.kind import Kind
from archlint.measure.plan.experiment import Experiment
from archlint.measure.plan.low_discrepancy import Point
from archlint.measure.plan.sampling import (
    BATCHES,
    PLAIN,
    SEED,
    aligned,
    draw,
    feature_map,
    interleave,
    rounded,
    strided,
    token_rows,
    width,
)

__all__ = ["EXPERIMENTS", "sample"]

TOKENS = {16: 1, 32: 1, 64: 2, 77: 1, 128: 2, 197: 3, 256: 2, 384: 1, 512: 1, 784: 1}

WHOLE = 0
"""A window of the whole map, unpadded."""

WINDOWS = {
    (2, 2): 4.0, (3, 2): 6.0, (3, 1): 6.0, (2, 1): 0.5, (5, 1): 2.0, (5, 3): 0.5, (7, 1): 1,
    (WHOLE, 1): 0.7, (1, 2): 1.5,
}  # fmt: skip
"""Pools' windows and strides."""


def sample(seed: int) -> tuple[Experiment, ...]:
    """Kernels drawn with this seed; another one gives others of the same distribution."""
    reductions = draw(seed, "reduction", 60, _reduction, filled=16)
    known = {each.kernels for each in reductions}
    last = [
        each
        for each in draw(seed, "last reduction", 36, _last_reduction)
        if each.kernels not in known
    ]
    return interleave(
        draw(seed, "pool", 180, _pool, filled=24),
        reductions,
        last[:29],
        draw(seed, "softmax", 30, _softmax, filled=8),
        draw(seed, "transposed conv", 30, _transposed),
        draw(seed, "view", 30, _view, filled=6),
    )


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


def _reduction(point: Point) -> list[Kernel]:
    if point.pick({True: 1.0, False: 3.0}):
        channels, rows, batch = token_rows(point, widest=2048)
        op = point.pick({"ReduceMean": 4.0, "ReduceSum": 1.0, "ReduceMax": 1.0})
        # what is left is one number a row
        return [Kernel(Kind.REDUCTION, op, channels, rows[0], rows, (), batch, path="row")]
    channels, sizes, batch = feature_map(point)
    op = point.pick({"GlobalAveragePool": 3.0, "ReduceMean": 3.0, "GlobalMaxPool": 0.5})
    path = "map" if op == "ReduceMean" else ""
    return [Kernel(Kind.REDUCTION, op, channels, channels, sizes, (), batch, path=path)]


def _last_reduction(point: Point) -> list[Kernel]:
    """What a classifier ends with: over a small map, with many channels."""
    side = point.pick({7: 6.0, 8: 1.0, 10: 1.0, 14: 1.0})
    channels = aligned(point.between(192, 2048))
    op = point.pick({"GlobalAveragePool": 1.0, "ReduceMean": 2.0})
    path, batch = "map" if op == "ReduceMean" else "", point.pick(BATCHES)
    return [Kernel(Kind.REDUCTION, op, channels, channels, (side, side), (), batch, path=path)]


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


def _transposed(point: Point) -> list[Kernel]:
    """Twice the map: half the channels, as decoders have them, or as many."""
    channels, sizes, batch = feature_map(point)
    c_in = aligned(channels)
    c_out = max(c_in // point.pick({2: 3.0, 1: 1.0, 4: 0.5}), 8)
    side, out = point.pick({2: 3.0, 4: 2.0}), tuple(2 * size for size in sizes)
    return [
        Kernel(
            Kind.TRANSPOSED_CONV, "ConvTranspose", c_in, c_out, sizes, out, batch,
            (side, side), (2, 2),
        )
    ]  # fmt: skip


def _view(point: Point) -> list[Kernel]:
    on_rows = point.pick({True: 1.0, False: 1.0})
    channels, sizes, batch = token_rows(point, widest=1024) if on_rows else feature_map(point)
    return [Kernel(Kind.VIEW, "Reshape", channels, channels, sizes, sizes, batch)]


EXPERIMENTS = sample(SEED)
