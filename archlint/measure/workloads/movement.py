"""What moves data: 448 kernels.

132 Transposes by permutation, for their rates differ tenfold; 84 reorders into and out of a
blocked layout; 38 Concats, 28 Splits, 58 Resizes and 52 others.  Another 56 are for runtimes that
quantise: into and out of bytes, and Transposes of bytes.
"""

from __future__ import annotations

from archlint.cost.kernels.kernel import Kernel
from archlint.cost.kernels.kind import Kind
from archlint.measure.plan.experiment import Experiment
from archlint.measure.plan.low_discrepancy import Point
from archlint.measure.plan.sampling import BATCHES, aligned, draw, feature_map, rounded, token_rows

__all__ = ["sample"]

HEADS = {3: 1.0, 4: 1.0, 6: 1.0, 8: 1.0, 12: 2.0, 16: 1.0}


def sample(seed: int) -> tuple[list[Experiment], ...]:
    """Kernels drawn with this seed, by sort."""
    return (
        draw(seed, "shuffle", 30, _shuffle, filled=6),
        draw(seed, "heads", 40, _heads, filled=8),
        draw(seed, "layout", 28, _layout),
        draw(seed, "matrix transpose", 20, _matrix),
        draw(seed, "reorder", 72, _reorder, only="blocked", filled=12),
        draw(seed, "concat", 32, _concat, filled=6),
        draw(seed, "split", 22, _split, filled=6),
        draw(seed, "resize", 24, _resize, filled=8),
        draw(seed, "resize of blocks", 16, _resize_of_blocks, only="blocked"),
        draw(seed, "cubic resize", 10, _cubic_resize),
        draw(seed, "movement", 44, _other, filled=8),
        draw(seed, "quantise", 32, _quantise, only="quantised"),
        draw(seed, "layout of bytes", 24, _layout_of_bytes, only="quantised"),
    )


def _move(
    op: str, c_in: int, sizes: tuple[int, ...], batch: int, path: str = "", *,
    c_out: int = 0, out: tuple[int, ...] = (), operands: int = 1, itemsize: int = 4,
) -> Kernel:  # fmt: skip
    return Kernel(
        Kind.MOVEMENT, op, c_in, c_out or c_in, sizes, out or sizes, batch,
        operands=operands, path=path, itemsize=itemsize,
    )  # fmt: skip


def _transpose(shape: tuple[int, ...], perm: str) -> Kernel:
    """The permutation of a tensor of rank 4 and more."""
    return _move("Transpose", shape[1], shape[2:], shape[0], f"perm {perm}")


def _shuffle(point: Point) -> list[Kernel]:
    """A channel shuffle: groups x channels a group, turned round."""
    channels, sizes, batch = feature_map(point)
    groups = point.pick({2: 3.0, 3: 2.0, 4: 1.5, 8: 1.0})
    a_group = rounded(channels / groups, point.pick({8: 2.0, 4: 1.0, 2: 1.0, 1: 0.5}))
    return [_transpose((batch, groups, a_group, *sizes), "0-2-1-3-4")]


def _heads(point: Point) -> list[Kernel]:
    """Attention: tokens x heads x head width to heads x tokens x head width, and back."""
    _, (tokens,), batch = token_rows(point, widest=1024)
    heads, head = point.pick(HEADS), point.pick({32: 1.0, 64: 2.0})
    split = batch, tokens, heads, head
    apart = batch, heads, tokens, head
    sort = point.pick({"in": 3.0, "keys": 2.0, "out": 2.0, "turned": 1.0})
    if sort == "in":
        return [_transpose(split, "0-2-1-3")]
    if sort == "keys":
        return [_transpose(split, "0-2-3-1")]
    return [_transpose(apart, "0-2-1-3" if sort == "out" else "0-1-3-2")]


def _layout(point: Point) -> list[Kernel]:
    """NCHW to NHWC and back, and a window partition as in Swin."""
    channels, (height, across), batch = feature_map(point)
    sort = point.pick({"to": 3.0, "from": 3.0, "windows": 1.0})
    if sort == "to":
        return [_transpose((batch, channels, height, across), "0-2-3-1")]
    if sort == "from":
        return [_transpose((batch, height, across, channels), "0-3-1-2")]
    down, over = max(height // 7, 1), max(across // 7, 1)
    return [_transpose((batch, down, 7, over, 7, channels), "0-1-3-2-4-5")]


def _layout_of_bytes(point: Point) -> list[Kernel]:
    return [each._replace(itemsize=1) for each in _layout(point)]


def _quantise(point: Point) -> list[Kernel]:
    """Floats to bytes or back, of a map or of rows."""
    on_rows = point.pick({True: 1.0, False: 2.0})
    channels, sizes, batch = token_rows(point, widest=2048) if on_rows else feature_map(point)
    if point.pick({True: 1.0, False: 1.0}):
        return [_move("QuantizeLinear", channels, sizes, batch, itemsize=1)]
    return [_move("DequantizeLinear", channels, sizes, batch)]


def _matrix(point: Point) -> list[Kernel]:
    """Tokens to a map's channels or back: rows and row length change places."""
    channels, (rows,), batch = token_rows(point, widest=1024)
    if point.pick({True: 1.0, False: 1.0}):
        channels, rows = rows, channels
    return [_move("Transpose", channels, (rows,), batch, "perm 0-2-1")]


def _reorder(point: Point) -> list[Kernel]:
    channels, sizes, batch = feature_map(point)
    return [_move(point.pick({"ReorderInput": 1.0, "ReorderOutput": 1.0}), channels, sizes, batch)]


def _concat(point: Point) -> list[Kernel]:
    """Of two tensors mostly, as U-Net and DenseNet have them; c_in is their mean width."""
    count = point.pick({2: 4.0, 3: 1.0, 4: 1.0, 6: 1.0, 12: 1.0, 24: 0.5})
    if point.pick({True: 1.0, False: 5.0}):
        channels, rows, batch = token_rows(point, widest=1024)
        joined = channels * count
        return [_move("Concat", channels, rows, batch, "by row", c_out=joined, operands=count)]
    channels, sizes, batch = feature_map(point)
    if count > 4:
        # as DenseNet joins many narrow ones
        channels = min(channels, 48)
    return [_move("Concat", channels, sizes, batch, c_out=channels * count, operands=count)]


def _split(point: Point) -> list[Kernel]:
    if point.pick({True: 1.0, False: 2.0}):
        channels, rows, batch = token_rows(point, widest=1024)
        return [_move("Split", 3 * channels, rows, batch, "by row")]
    channels, sizes, batch = feature_map(point)
    return [_move("Split", channels + channels % 2, sizes, batch)]


def _resize(point: Point) -> list[Kernel]:
    """To the map of a skip connection, of a coarser branch, or of the image."""
    channels, sizes, batch = feature_map(point)
    times = point.pick({2: 4.0, 4: 2.0, 8: 1.0})
    if sizes[0] * times > 256:
        times = 2
    out = tuple(times * size for size in sizes)
    return [_move("Resize", channels, sizes, batch, point.pick({"": 3.0, "linear": 1.0}), out=out)]


def _cubic_resize(point: Point) -> list[Kernel]:
    """Of an image to the size that a branch takes, or of embeddings of places."""
    if point.pick({True: 2.0, False: 1.0}):
        side, to = point.pick({224: 1.0, 240: 1.0, 256: 1.0}), point.pick({192: 1, 224: 2, 320: 1})
        return [_move("Resize", 3, (side, side), point.pick(BATCHES), "cubic", out=(to, to))]
    channels, side = aligned(point.between(32, 768)), point.pick({7: 1.0, 14: 2.0, 16: 1.0})
    to = point.pick({14: 1.0, 24: 1.0, 32: 1.0})
    return [_move("Resize", channels, (side, side), 1, "cubic", out=(to, to))]


def _resize_of_blocks(point: Point) -> list[Kernel]:
    """To the nearest neighbour, in whole blocks of channels."""
    return [each._replace(path="nchwc") for each in _resize(point)]


def _other(point: Point) -> list[Kernel]:
    op = point.pick({"Slice": 4.0, "Pad": 2.0, "Gather": 1.5, "Cast": 0.7})
    if op == "Gather" or (op == "Slice" and point.pick({True: 1.0, False: 2.0})):
        channels, rows, batch = token_rows(point, widest=1024)
        return [_move(op, channels, rows, batch, "by row" if op == "Slice" else "")]
    channels, sizes, batch = feature_map(point)
    if op == "Cast":
        return [_move(op, aligned(channels), sizes, point.pick(BATCHES), itemsize=1)]
    if op == "Slice":
        # channels, or as NASNet does the first line and column
        return [_move(op, channels, sizes, batch, point.pick({"": 1.0, "axis 2": 1, "by row": 1}))]
    return [_move(op, channels, sizes, batch)]
