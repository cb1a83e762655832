"""Along other axes than most, and in windows: 176 kernels.

Attention in windows or over channels splits, turns round and normalises tensors of many dims;
a channel shuffle by Gather copies maps; convs channels-last slice and join by rows.
"""

from __future__ import annotations

from archlint.cost.kernels.kernel import Kernel
from archlint.cost.kernels.kind import Kind
from archlint.measure.plan.experiment import Experiment
from archlint.measure.plan.low_discrepancy import Point
from archlint.measure.plan.sampling import BATCHES, aligned, draw, feature_map

__all__ = ["sample"]

Map = tuple[int, ...]

TOKENS = {49: 3.0, 64: 2.0, 144: 1.0, 196: 2.0, 197: 2.0, 256: 1.0, 784: 1.0, 3136: 0.5}
HEADS = {3: 1.0, 4: 1.0, 6: 1.0, 8: 1.0, 12: 1.0}
WIDTHS = {16: 0.5, 19: 0.5, 24: 1.0, 32: 3.0, 64: 2.0}


def sample(seed: int) -> tuple[list[Experiment], ...]:
    """Kernels drawn with this seed, by sort."""
    return (
        draw(seed, "split of heads", 28, _split),
        draw(seed, "turned heads", 36, _turned),
        draw(seed, "gather of maps", 20, _gather),
        draw(seed, "softmax of columns", 16, _softmax),
        draw(seed, "channel reduction", 20, _reduction),
        draw(seed, "normalised rows", 16, _normalised),
        draw(seed, "merged patches", 24, _merged),
        draw(seed, "cut heads", 16, _cut),
    )


def _move(op: str, shape: tuple[int, ...], path: str) -> Kernel:
    """What moves a tensor of rank 4 and more."""
    return Kernel(Kind.MOVEMENT, op, shape[1], shape[1], shape[2:], shape[2:], shape[0], path=path)


def _tokens(point: Point) -> tuple[int, int, int, int]:
    """Windows, tokens of each, heads, and the width of each."""
    tokens, heads, width = point.pick(TOKENS), point.pick(HEADS), point.pick(WIDTHS)
    windows = point.pick({1: 3.0, 4: 1.0, 16: 1.0, 64: 1.0}) if tokens < 196 else 1
    return windows, tokens, heads, width


def _split(point: Point) -> list[Kernel]:
    """Queries, keys and values: by a dim of their own, or by the width of each head."""
    windows, tokens, heads, width = _tokens(point)
    if point.pick({True: 1.0, False: 1.0}):
        return [_move("Split", (windows, tokens, 3, heads, width), "axis 2")]
    return [_move("Split", (windows, heads, tokens, 3 * width), "by row")]


def _turned(point: Point) -> list[Kernel]:
    windows, tokens, heads, width = _tokens(point)
    sort = point.pick({"heads": 3.0, "part": 2.0, "keys": 2.0, "channels": 2.0, "all": 1.0})
    if sort == "heads":
        return [_move("Transpose", (windows, heads, tokens, width), "perm 0-2-1-3")]
    if sort == "part":
        # of one of three parts, whose dim is left
        return [_move("Transpose", (windows, tokens, 1, heads, width), "perm 2-0-3-1-4")]
    if sort == "keys":
        return [_move("Transpose", (windows, tokens, heads, width), "perm 0-2-3-1")]
    if sort == "channels":
        return [_move("Transpose", (windows, tokens, 1, heads, width), "perm 2-0-3-4-1")]
    return [_move("Transpose", (windows, tokens, 3, heads, width), "perm 2-0-3-1-4")]


def _gather(point: Point) -> list[Kernel]:
    channels, sizes, batch = feature_map(point)
    path = point.pick({"": 3.0, "axis 2": 1.0, "by row": 1.0})
    return [_move("Gather", (batch, channels, *sizes), path)]


def _softmax(point: Point) -> list[Kernel]:
    """Over the tokens, as attention of channels has it, or over a map's channels."""
    if point.pick({True: 1.0, False: 3.0}):
        channels, sizes, batch = feature_map(point)
    else:
        _, channels, heads, width = _tokens(point)
        sizes, batch = (heads, width), 1
    return [Kernel(Kind.SOFTMAX, "Softmax", channels, channels, sizes, sizes, batch, path="axis 1")]


def _reduction(point: Point) -> list[Kernel]:
    """Over the channels of a map, as spatial attention and norms of maps have it."""
    channels, (height, across), batch = feature_map(point)
    op = point.pick({"ReduceMean": 3.0, "ReduceMax": 2.0, "ReduceSum": 1.0, "ReduceL2": 1.0})
    left = height * across
    return [Kernel(Kind.REDUCTION, op, channels, left, (height, across), (), batch, path="axes 1")]


def _normalised(point: Point) -> list[Kernel]:
    """A BatchNormalization of rows, which no product takes in."""
    rows, channels = point.pick(TOKENS), aligned(point.between(32, 1024))
    return [Kernel(Kind.NORMALISATION, "BatchNormalization", channels, channels, (), (), rows)]


def _merged(point: Point) -> list[Kernel]:
    """Every other line and column of a map channels-last, and four such side by side."""
    side = point.pick({14: 1.0, 28: 1.0, 56: 1.0, 7: 1.0})
    channels, batch = aligned(point.between(32, 512)), point.pick(BATCHES)
    if point.pick({True: 1.0, False: 1.0}):
        return [_move("Slice", (batch, side, side, channels), point.pick({"": 1.0, "axis 2": 1.0}))]
    joined = _move("Concat", (batch, side, side, 4 * channels), "by row")
    return [joined._replace(operands=4)]


def _cut(point: Point) -> list[Kernel]:
    """A token apart from the others, or half of each head as rotary positions have it."""
    windows, tokens, heads, width = _tokens(point)
    shape = windows, heads, tokens, width
    return [_move("Slice", shape, point.pick({"axis 2": 1.0, "by row": 2.0}))]
