"""Attention as one operator, and what turns its queries and keys: 48 kernels."""

from __future__ import annotations

from archlint.cost.kernels.kernel import Kernel
from archlint.cost.kernels.kind import Kind
from archlint.measure.plan.experiment import Experiment
from archlint.measure.plan.low_discrepancy import Point
from archlint.measure.plan.sampling import BATCHES, aligned, draw

__all__ = ["sample"]

HEADS = {3: 1.0, 6: 1.0, 8: 1.0, 12: 3.0, 16: 1.0}
DEPTHS = {32: 1.0, 64: 3.0, 128: 1.0}
ROWS = {49: 1.0, 64: 1.0, 128: 2.0, 197: 2.0, 256: 1.0, 384: 1.0, 512: 1.0, 1024: 1.0}
SHARED = {4: 2.0, 8: 1.0, 2: 1.0}
"""Heads that share keys."""


def sample(seed: int) -> tuple[list[Experiment], ...]:
    """Kernels drawn with this seed, by sort."""
    return (
        draw(seed, "whole attention", 16, _attention),
        draw(seed, "multi-head attention", 12, _multi_head),
        draw(seed, "grouped attention", 12, _grouped),
        draw(seed, "rotary embedding", 8, _rotary),
    )


def _attention(point: Point) -> list[Kernel]:
    """Of its own rows mostly, as SDPA is exported: heads first."""
    path = point.pick({"": 4.0, "causal": 2.0, "masked": 2.0, "rows": 2.0})
    return [_made("Attention", point, path)]


def _multi_head(point: Point) -> list[Kernel]:
    return [_made("MultiHeadAttention", point, point.pick({"": 3.0, "masked": 1.0, "causal": 1.0}))]


def _made(op: str, point: Point, path: str) -> Kernel:
    rows, heads = point.pick(ROWS), point.pick(HEADS) * point.pick(BATCHES)
    keys = rows if path == "causal" or point.pick({True: 4.0, False: 1.0}) else 77
    depth = point.pick(DEPTHS)
    return Kernel(Kind.ATTENTION, op, depth, depth, (keys,), (rows,), heads, path=path)


def _grouped(point: Point) -> list[Kernel]:
    """Of language models: all rows of a prompt, or one new row behind those known."""
    keys, depth = aligned(point.between(32, 1024)), point.pick({64: 1.0, 128: 1.0})
    rows = point.pick({keys: 1.0, 1: 1.0})
    shared, path = point.pick(SHARED), point.pick({"": 1.0, "rotary": 1.0})
    heads = shared * point.pick({2: 1.0, 4: 1.0, 8: 1.0})
    return [
        Kernel(
            Kind.ATTENTION, "GroupQueryAttention", depth, depth, (keys,), (rows,), heads,
            groups=shared, path=path,
        )
    ]  # fmt: skip


def _rotary(point: Point) -> list[Kernel]:
    """Of heads x rows, or of rows of all heads."""
    rows, heads, depth = point.pick(ROWS), point.pick(HEADS), point.pick({64: 2.0, 128: 1.0})
    batch, path = point.pick(BATCHES), point.pick({"": 3.0, "interleaved": 1.0})
    op = Kernel(Kind.FUNCTION, "RotaryEmbedding", heads, heads, batch=batch, path=path)
    if point.pick({True: 1.0, False: 1.0}):
        width = heads * depth
        return [op._replace(c_in=width, c_out=width, in_map=(rows,), out_map=(rows,), groups=heads)]
    return [op._replace(in_map=(rows, depth), out_map=(rows, depth))]
