"""ONNX Runtime's operators on blocked tensors (NCHWc), as it saves them at its highest level.

Blocks are full: what has fewer channels is padded, and the file no longer tells by how much,
other than at the ReorderOutput behind.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from archlint.graph.plain.fused import FUSED
from archlint.graph.plain.parts import POOL, TO_FIRST, TO_LAST, Parts, Rewrite

__all__ = ["BLOCKED"]


def _same(op_type: str, *keep: str) -> Rewrite:
    def rewrite(parts: Parts) -> bool:
        parts.add(op_type, [parts.input(0)], [parts.output()], keep=keep)
        return True

    return rewrite


def _reorder_output(parts: Parts) -> bool:
    """Back to the plain layout, without the channels that only fill a block."""
    last = parts.integer("channels_last")
    channels = parts.integer("channels")
    source = parts.input(0)
    if channels:
        zero, end, axis = (parts.constant([each], np.int64) for each in (0, channels, 1))
        source = parts.add("Slice", [source, zero, end, axis], [] if last else [parts.output()])
    if last:
        parts.add("Transpose", [source], [parts.output()], attributes={"perm": TO_LAST})
    elif not channels:
        parts.add("Identity", [source], [parts.output()])
    return True


def _reorder_input(parts: Parts) -> bool:
    if parts.integer("channels_last"):
        parts.add("Transpose", [parts.input(0)], [parts.output()], attributes={"perm": TO_FIRST})
    else:
        parts.add("Identity", [parts.input(0)], [parts.output()])
    return True


def _upsample(parts: Parts) -> bool:
    scales = [float(each) for each in parts.integers("scales")]
    if len(scales) != 4:
        return False
    empty = parts.constant([], np.float32)
    inputs = [parts.input(0), empty, parts.constant(scales, np.float32)]
    parts.add("Resize", inputs, [parts.output()], keep=("mode", "coordinate_transformation_mode"))
    return True


BLOCKED: Mapping[str, Rewrite] = {
    "AveragePool": _same("AveragePool", *POOL),
    "Conv": FUSED["FusedConv"],
    "GlobalAveragePool": _same("GlobalAveragePool"),
    "GlobalMaxPool": _same("GlobalMaxPool"),
    "MaxPool": _same("MaxPool", *POOL),
    "ReorderInput": _reorder_input,
    "ReorderOutput": _reorder_output,
    "Upsample": _upsample,
}
"""Of the domain com.microsoft.nchwc."""
