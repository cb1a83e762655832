"""The features of a kernel: where it stands among the measured ones, in octaves."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from archlint.cost.kernels.ops import SLOW
from archlint.cost.pricing.columns import Array, Columns
from archlint.cost.pricing.machine import Machine
from archlint.cost.pricing.moves import is_general, jump_of, pieces_of, swap_of
from archlint.cost.pricing.terms import coldness, nearness, padded

__all__ = ["FEATURES", "PAPER_LENGTHS"]

_OWN = SLOW | {"Add", "Relu"}


def _octaves(count: Array) -> Array:
    octaves: Array = np.log2(np.maximum(count, 1.0))
    return octaves


def _conflict(jump: int) -> float:
    """How often a jump is divided by two: such rows meet in few sets of a cache."""
    return float(min((jump & -jump).bit_length() - 1, 8)) / 2


FEATURES: Mapping[str, Callable[[Columns, Machine], Array]] = {
    "in": lambda c, _: _octaves(c.c_in // c.groups),
    "out": lambda c, _: _octaves(c.c_out // c.groups),
    "groups": lambda c, _: _octaves(c.groups),
    "window": lambda c, _: _octaves(c.window),
    "positions": lambda c, _: _octaves(c.batch * c.out_positions),
    "strides": lambda c, _: _octaves(c.strides),
    "batch": lambda c, _: _octaves(c.batch),
    "line": lambda c, _: _octaves(c.line),
    "bytes": lambda c, _: _octaves(c.mac),
    "cold": lambda c, m: 2.0 * (coldness(c, m) - nearness(c, m)),
    "fill": lambda c, m: 2.0 * np.log2(padded(c.c_out, 4 * m.block) / c.c_out),
    "add": lambda c, _: c.each(lambda k: "Add" in k.epilogue),
    "dear": lambda c, _: c.each(lambda k: any(op in SLOW for op in k.epilogue)),
    "relu": lambda c, _: c.each(lambda k: "Relu" in k.epilogue),
    "cheap": lambda c, _: c.each(lambda k: any(op not in _OWN for op in k.epilogue)),
    "growth": lambda c, _: 2.0 * (_octaves(c.out_positions) - _octaves(c.in_positions)),
    "operands": lambda c, _: _octaves(c.operands),
    "run": lambda c, _: _octaves(c.out_positions * c.batch * c.c_out / c.each(pieces_of)),
    "loops": lambda c, _: _octaves(c.each(lambda k: swap_of(k)[0])),
    "rows": lambda c, _: _octaves(c.each(lambda k: swap_of(k)[1])),
    "columns": lambda c, _: _octaves(c.each(lambda k: swap_of(k)[2])),
    "jump": lambda c, _: _octaves(c.each(jump_of)),
    "conflict": lambda c, _: c.each(lambda k: _conflict(jump_of(k))),
    "tail": lambda c, m: 2.0 * np.log2(padded(c.c_out, m.block) / c.c_out),
    "general": lambda c, _: 2.0 * c.each(is_general),
    "dilation": lambda c, _: 2.0 * _octaves(c.each(lambda k: max(k.dilations, default=1))),
}
"""Each in octaves, or in steps of like weight: channels a group in and out, groups, window,
positions of the result (map x batch), strides, batch, positions in a line, memory access, how
far its weights come from, how well its channels fill the vectors, what is fused, how much larger
the result's map is, tensors read, elements that it works through in one go, how far apart it
reads, how badly that falls on the sets of a cache, how well its channels fill blocks,
whether the general loop transposes it, and how far apart the taps of its window are."""

PAPER_LENGTHS = {
    "in": 2.0, "out": 2.0, "groups": 4.0, "window": 2.0, "positions": 4.0, "strides": 2.0,
}  # fmt: skip
"""Octaves over which the residual of a family fades whose target file gives no lengths."""
