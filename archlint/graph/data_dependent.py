"""How many there are of what depends on data by nature: boxes kept, rows that an expert gets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import prod

import onnx

from archlint.graph.shapes import TensorType

__all__ = ["DATA_DEPENDENT", "FEW", "SIZED_BY_VALUES", "data_dependent_types", "types_of_values"]

DATA_DEPENDENT = frozenset({"Compress", "NonMaxSuppression", "NonZero", "Unique"})

SIZED_BY_VALUES = frozenset({"Expand", "Split"})
"""What the values of an input give its sizes, which data may tell too.

Not those (Range, the windows) whose results most often meet a tensor of a known length.
"""

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


def types_of_values(
    node: onnx.NodeProto, inputs: Sequence[TensorType | None], count: int
) -> Mapping[str, TensorType]:
    """The types of the outputs of one of `SIZED_BY_VALUES`, whose values only data tell.

    A Split is taken to be even, for what it splits is known: so many rows for each expert.  One
    number is repeated `count` times.
    """
    first, second = inputs[:2]
    if first is None or first.shape is None or second is None or second.shape is None:
        return {}
    if node.op_type == "Split":
        even = second.shape == (len(node.output),)
        return _even(node, first.dtype, first.shape) if even else {}
    if prod(first.shape) != 1 or second.shape != (1,):
        return {}
    return {node.output[0]: TensorType(first.dtype, (count,))}


def _even(node: onnx.NodeProto, dtype: str, shape: tuple[int, ...]) -> Mapping[str, TensorType]:
    axis = next((each.i for each in node.attribute if each.name == "axis"), 0)
    if not -len(shape) <= axis < len(shape):
        return {}
    axis %= len(shape)
    least, more = divmod(shape[axis], len(node.output))
    return {
        name: TensorType(dtype, (*shape[:axis], least + (index < more), *shape[axis + 1 :]))
        for index, name in enumerate(node.output)
        if name
    }
