"""Random weights for models that come without theirs, and random inputs."""

from __future__ import annotations

from collections.abc import Iterator
from math import prod, sqrt
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import helper, numpy_helper

from archlint.graph.axis_uses import axis_uses
from archlint.graph.operator_facts import Work
from archlint.graph.operator_table import facts_of
from archlint.graph.shapes import declared_inputs
from archlint.graph.sizes import bind_sizes

__all__ = ["random_inputs", "with_random_weights"]

_DATA_FIELDS = (
    "raw_data", "float_data", "int32_data", "int64_data", "double_data", "uint64_data",
    "string_data",
)  # fmt: skip
_SPREAD = 0.05
_TOKENS = 1
"""What integer inputs hold: a token that every vocabulary has."""

_VARIANCE = "BatchNormalization", 4
_STEPS = frozenset({"QuantizeLinear", "DequantizeLinear"})


def with_random_weights(model: onnx.ModelProto, seed: int) -> onnx.ModelProto:
    """A copy in which every initializer without a payload has one.

    Filters and matrices are spread by their fan-in, so that values neither vanish nor overflow
    through many layers, in half precision too; variances and scales lie about 1; other floats
    are normal x 0.05.  Whole numbers are 0 (a valid index) but for 8-bit weights.  Files of
    external data are not opened.
    """
    filled = onnx.ModelProto()
    filled.CopyFrom(model)
    random = np.random.default_rng(seed)
    for graph in _graphs(filled.graph):
        roles = {
            name: role
            for node in graph.node
            for at, name in enumerate(node.input)
            if (role := _role(node.op_type, at))
        }
        for tensor in graph.initializer:
            if _is_empty(tensor):
                role = roles.get(tensor.name, "")
                values = _draw(random, tuple(tensor.dims), tensor.data_type, role)
                tensor.CopyFrom(numpy_helper.from_array(values, tensor.name))
    return filled


def random_inputs(model: onnx.ModelProto, seed: int) -> dict[str, NDArray[np.generic]]:
    """An array for every input that is no initializer; open sizes are as linting assumes them."""
    random = np.random.default_rng(seed)
    declared = declared_inputs(model.graph)
    sizes = bind_sizes(declared, uses=axis_uses(model.graph, declared))
    shapes = {each.name: each.sizes or () for each in sizes.inputs}
    arrays = {}
    for each in model.graph.input:
        if each.name in shapes:
            dtype = helper.tensor_dtype_to_np_dtype(each.type.tensor_type.elem_type)
            shape = shapes[each.name]
            if np.issubdtype(dtype, np.integer) or dtype == np.dtype(bool):
                arrays[each.name] = np.full(shape, _TOKENS, dtype=dtype)
            else:
                arrays[each.name] = random.standard_normal(shape, dtype=np.float32).astype(dtype)
    return arrays


def _graphs(graph: onnx.GraphProto) -> Iterator[onnx.GraphProto]:
    yield graph
    for node in graph.node:
        for attribute in node.attribute:
            if attribute.type == onnx.AttributeProto.GRAPH:
                yield from _graphs(attribute.g)


def _is_empty(tensor: onnx.TensorProto) -> bool:
    if tensor.data_location == onnx.TensorProto.EXTERNAL:
        return True
    return prod(tensor.dims) > 0 and not any(len(getattr(tensor, each)) for each in _DATA_FIELDS)


def _role(op_type: str, at: int) -> str:
    """The role of a weight whose values have to fit it, by the operator and its input."""
    facts = facts_of(op_type)
    if at in facts.weights:
        return "filter" if facts.work in (Work.CONV, Work.TRANSPOSED_CONV) else "matrix"
    if (facts.work is Work.NORMALISATION and at == facts.operands) or (op_type, at) == _VARIANCE:
        return "scale"
    return "step" if op_type in _STEPS and at == 1 else ""


def _draw(
    random: np.random.Generator, dims: tuple[int, ...], data_type: int, role: str
) -> NDArray[Any]:
    dtype = helper.tensor_dtype_to_np_dtype(data_type)
    if dtype in (np.dtype(np.int8), np.dtype(np.uint8)):
        limits = np.iinfo(dtype)
        whole: NDArray[Any] = random.integers(
            limits.min, limits.max, dims, dtype=dtype, endpoint=True
        )
        return whole
    if np.issubdtype(dtype, np.integer) or dtype == np.dtype(bool):
        return np.zeros(dims, dtype=dtype)
    normal = random.standard_normal(dims, dtype=np.float32)
    spread = _SPREAD
    if role == "filter" and len(dims) > 1:
        spread = sqrt(1 / max(prod(dims[1:]), 1))
    elif role == "matrix" and len(dims) > 1:
        spread = sqrt(1 / max(dims[-2], 1))
    values = normal * np.float32(spread)
    if role == "scale":
        values = np.abs(values) + np.float32(1)
    elif role == "step":
        values = np.abs(values) + np.float32(0.01)
    made: NDArray[Any] = values.astype(dtype)
    return made
