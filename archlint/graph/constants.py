"""What is known before a model runs: weights, and all that depends on weights alone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np
import onnx
from onnx import numpy_helper

from archlint.graph.node import Node
from archlint.graph.shapes import TensorType, tensor_type

__all__ = ["Constants", "find_constants"]

_MOST_VALUES = 128
_FORWARDS = frozenset({
    "Cast", "DequantizeLinear", "Identity", "QuantizeLinear", "Reshape", "Squeeze", "Transpose",
    "Unsqueeze",
})  # fmt: skip
_KEEPS_VALUES = frozenset({"Cast", "Identity", "Reshape", "Squeeze", "Unsqueeze"})
_NEVER_CONSTANT = frozenset({
    "Bernoulli", "If", "Loop", "Multinomial", "RandomNormal", "RandomNormalLike", "RandomUniform",
    "RandomUniformLike", "Scan", "SequenceMap",
})  # fmt: skip


@dataclass(slots=True)
class Constants:
    """Constant tensors by name.

    `origins` maps each to the initializer or Constant output that it is a view or a recast
    of (itself if none), `values` holds the elements of small ones.  `renamed` is `origins`
    without those behind an Identity, with which exporters share equal weights.
    """

    origins: dict[str, str] = field(default_factory=dict)
    values: dict[str, tuple[float, ...]] = field(default_factory=dict)
    renamed: dict[str, str] = field(default_factory=dict)

    def __contains__(self, name: object) -> bool:
        return name in self.origins


def find_constants(
    graph: onnx.GraphProto, nodes: Iterable[Node], types: dict[str, TensorType]
) -> tuple[Constants, list[Node]]:
    """Mark the constants and return the nodes that run, in their given (topological) order.

    Nothing is computed.  Shape and Size of a tensor with a known shape are constant.  The
    types of Constant nodes are added to `types`.
    """
    found = Constants()
    for tensor in graph.initializer:
        _add(found, tensor.name, _values(tensor))
    for sparse in graph.sparse_initializer:
        _add(found, sparse.values.name, None)
    running = []
    for node in nodes:
        if node.op_type == "Constant" and not node.domain:
            for name in node.outputs:
                types[name], values = _constant_node(node.proto, types.get(name))
                _add(found, name, values)
        elif _is_constant(node, found.origins, types):
            _propagate(node, found, types)
        else:
            running.append(node)
    return found, running


def _is_constant(node: Node, constants: Mapping[str, str], types: Mapping[str, TensorType]) -> bool:
    some = False
    for name in node.inputs:
        if name:
            if name not in constants:
                some = False
                break
            some = True
    if some:
        return node.op_type not in _NEVER_CONSTANT
    if node.op_type in ("Shape", "Size") and node.inputs:
        known = types.get(node.inputs[0])
        return known is not None and known.shape is not None
    return False


def _propagate(node: Node, found: Constants, types: Mapping[str, TensorType]) -> None:
    source = node.inputs[0]
    forwards = node.op_type in _FORWARDS
    for name in node.outputs:
        found.origins[name] = found.origins.get(source, name) if forwards else name
        if forwards and node.op_type != "Identity":
            found.renamed[name] = found.renamed.get(source, source)
        if node.op_type in _KEEPS_VALUES and source in found.values:
            found.values[name] = found.values[source]
        elif node.op_type == "Shape" and not node.proto.attribute:
            known = types[source].shape if source in types else None
            if known is not None:
                found.values[name] = known


def _add(found: Constants, name: str, values: tuple[float, ...] | None) -> None:
    found.origins[name] = name
    if values is not None:
        found.values[name] = values


def _constant_node(
    node: onnx.NodeProto, known: TensorType | None
) -> tuple[TensorType, tuple[float, ...] | None]:
    for each in node.attribute:
        if each.name == "value":
            return tensor_type(each.t), _values(each.t)
        if each.name == "sparse_value":
            dtype = tensor_type(each.sparse_tensor.values).dtype
            return TensorType(dtype, tuple(each.sparse_tensor.dims)), None
        if each.name == "value_float":
            return TensorType("float", ()), (each.f,)
        if each.name == "value_int":
            return TensorType("int64", ()), (each.i,)
        if each.name == "value_floats":
            return TensorType("float", (len(each.floats),)), _few(tuple(each.floats))
        if each.name == "value_ints":
            return TensorType("int64", (len(each.ints),)), _few(tuple(each.ints))
        if each.name in ("value_string", "value_strings"):
            shape = () if each.name == "value_string" else (len(each.strings),)
            return TensorType("string", shape), None
    return known or TensorType("", None), None


def _few(values: tuple[float, ...]) -> tuple[float, ...] | None:
    return values if len(values) <= _MOST_VALUES else None


def _values(tensor: onnx.TensorProto) -> tuple[float, ...] | None:
    count = 1
    for dim in tensor.dims:
        count *= dim
    if not 0 <= count <= _MOST_VALUES or tensor.data_location == onnx.TensorProto.EXTERNAL:
        return None
    dtype = _NUMPY.get(tensor.data_type)
    if dtype is not None and tensor.HasField("raw_data"):
        data = tensor.raw_data
        if len(data) != count * dtype.itemsize:
            return None
        return tuple(np.frombuffer(data, dtype).tolist())
    if tensor.data_type == onnx.TensorProto.STRING:
        return None
    try:
        return tuple(numpy_helper.to_array(tensor).astype(np.float64).ravel().tolist())
    except (ValueError, TypeError, RuntimeError):
        return None


_NUMPY: Mapping[int, np.dtype[np.generic]] = {
    onnx.TensorProto.FLOAT: np.dtype("<f4"),
    onnx.TensorProto.DOUBLE: np.dtype("<f8"),
    onnx.TensorProto.FLOAT16: np.dtype("<f2"),
    onnx.TensorProto.INT32: np.dtype("<i4"),
    onnx.TensorProto.INT64: np.dtype("<i8"),
    onnx.TensorProto.BOOL: np.dtype("?"),
}
