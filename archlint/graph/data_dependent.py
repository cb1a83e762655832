"""How many there are of what depends on data by nature: boxes kept, elements that are not zero."""

from __future__ import annotations

from collections.abc import Mapping
from math import prod

import onnx

from archlint.graph.shapes import TensorType

__all__ = ["DATA_DEPENDENT", "FEW", "data_dependent_types"]

DATA_DEPENDENT = frozenset({"Compress", "NonMaxSuppression", "NonZero", "Unique"})

FEW = 16
"""How many are assumed; not 1, which a Squeeze would take for a dim to drop."""


def data_dependent_types(
    node: onnx.NodeProto, first: TensorType, count: int
) -> Mapping[str, TensorType]:
    """The types of the outputs where `count` are kept; `first` is the type of the first input."""
    shape = first.shape or ()
    axis = next((each.i for each in node.attribute if each.name == "axis"), None)
    kept = shape
    if axis is None:
        kept = (min(count, prod(shape)),)
    elif -len(shape) <= axis < len(shape):
        axis %= len(shape)
        kept = (*shape[:axis], min(count, shape[axis]), *shape[axis + 1 :])
    types = {
        "Compress": [TensorType(first.dtype, kept)],
        "NonMaxSuppression": [TensorType("int64", (count, 3))],
        "NonZero": [TensorType("int64", (len(shape), min(count, prod(shape))))],
        "Unique": [
            TensorType(first.dtype, kept),
            TensorType("int64", kept[:1]),
            TensorType("int64", (prod(shape) if axis is None else shape[axis],)),
            TensorType("int64", kept[:1]),
        ],
    }
    return {
        name: each for name, each in zip(node.output, types[node.op_type], strict=False) if name
    }
