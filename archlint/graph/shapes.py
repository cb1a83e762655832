"""Shapes and dtypes of all tensors, by ONNX's own inference on the weightless proto."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import onnx
from google.protobuf.message import DecodeError, EncodeError
from onnx import helper, shape_inference

from archlint.graph.axis_uses import Dim
from archlint.graph.equation import equation_fault
from archlint.graph.sizes import Sizes
from archlint.graph.symbols import value_of
from archlint.limits import native_memory_for

__all__ = [
    "DTYPE_NUMBERS",
    "INFERENCE_FAILURES",
    "Contradiction",
    "TensorType",
    "array_type",
    "bound_inference",
    "declared_inputs",
    "dtype_and_shape",
    "infer_types",
    "opset_of",
    "strict_faults",
]

_DTYPES: Mapping[int, str] = {
    number: name.lower() for name, number in onnx.TensorProto.DataType.items() if number
}
DTYPE_NUMBERS: Mapping[str, int] = {name: number for number, name in _DTYPES.items()}
_FAULT = re.compile(r"\(op_type:([^,)]*)(?:, node name: ([^)]*))?\): (?:\[\w+\] )?([^\n]*)")
_INFERRED_INSIDE = frozenset({"If", "Loop", "Scan", "SequenceMap"})
INFERENCE_FAILURES = (
    shape_inference.InferenceError,
    DecodeError,
    EncodeError,
    MemoryError,  # a damaged file may ask for a tensor of any rank
    RuntimeError,
    ValueError,
)


@dataclass(frozen=True, slots=True)
class TensorType:
    """Dtype ("" where unknown) and shape (None where unknown) of a tensor."""

    dtype: str
    shape: tuple[int, ...] | None


@dataclass(frozen=True, slots=True)
class Contradiction:
    """An operator that inference refuses, and why."""

    op_type: str
    name: str
    reason: str


def opset_of(proto: onnx.ModelProto) -> int:
    """The version of ONNX's own domain, 0 if the file has none."""
    return next((int(e.version) for e in proto.opset_import if e.domain in ("", "ai.onnx")), 0)


def declared_inputs(graph: onnx.GraphProto) -> dict[str, tuple[Dim, ...] | None]:
    """The dims of each run-time input as the file has them; older files list weights too."""
    weights = {each.name for each in graph.initializer}
    weights.update(each.values.name for each in graph.sparse_initializer)
    return {each.name: _dims(each.type) for each in graph.input if each.name not in weights}


def infer_types(proto: onnx.ModelProto, sizes: Sizes | None) -> dict[str, TensorType]:
    """The type of every tensor of the main graph that inference or the file knows.

    `sizes` None takes the file as it is.  What the file says of tensors that operators make is
    asked only where inference stops (an operator of a vendor's domain), for it may be wrong,
    and as far as `sizes` leaves it true.  `proto` is not changed.
    """
    bound = _bound_copy(proto, sizes)
    del bound.graph.value_info[:]
    for output in bound.graph.output:
        if output.type.HasField("tensor_type"):
            output.type.tensor_type.ClearField("shape")
    try:
        inferred = _inferred(bound, strict=False)
    except INFERENCE_FAILURES:
        inferred = bound
    types: dict[str, TensorType] = {}
    graph = inferred.graph
    for infos in (graph.input, graph.value_info, graph.output):
        for info in infos:
            types[info.name] = dtype_and_shape(info.type)
    for info in (*proto.graph.value_info, *proto.graph.output):
        known = types.get(info.name)
        if known is None or known.shape is None:
            types[info.name] = dtype_and_shape(_substituted(info, sizes))
    for tensor in proto.graph.initializer:
        types[tensor.name] = tensor_type(tensor)
    for sparse in proto.graph.sparse_initializer:
        dtype = _DTYPES.get(sparse.values.data_type, "")
        types[sparse.values.name] = TensorType(dtype, tuple(sparse.dims))
    return types


def strict_faults(
    proto: onnx.ModelProto, names: Sequence[str], sizes: Sizes | None
) -> list[Contradiction]:
    """What inference in strict mode refuses, at `sizes` or at the file's own.

    `names` are given to the nodes, so that each fault says where it is.
    """
    bound = _bound_copy(proto, sizes)
    if sizes is not None and sizes.overridden:
        del bound.graph.value_info[:]
    for info in (*bound.graph.value_info, *bound.graph.output):
        info.type.CopyFrom(_substituted(info, sizes))
    for node, name in zip(bound.graph.node, names, strict=True):
        node.name = name
    try:
        _inferred(bound, strict=True)
    except INFERENCE_FAILURES as e:
        return [Contradiction(*found) for found in _FAULT.findall(str(e))]
    return []


def _inferred(bound: onnx.ModelProto, *, strict: bool) -> onnx.ModelProto:
    data = bound.SerializeToString()
    with native_memory_for(len(data)):
        inferred: onnx.ModelProto = shape_inference.infer_shapes(
            data, strict_mode=strict, data_prop=True
        )
        return inferred


def tensor_type(tensor: onnx.TensorProto) -> TensorType:
    """The type of an initializer; its payload may be missing."""
    dims = tuple(tensor.dims)
    return TensorType(_DTYPES.get(tensor.data_type, ""), None if any(d < 0 for d in dims) else dims)


def array_type(values: npt.NDArray[np.generic]) -> TensorType:
    """The type of an array."""
    number = helper.np_dtype_to_tensor_dtype(values.dtype)
    return TensorType(_DTYPES.get(number, ""), values.shape)


def dtype_and_shape(type_proto: onnx.TypeProto) -> TensorType:
    """The type of a declared value; sequences and maps have neither dtype nor shape."""
    if not type_proto.HasField("tensor_type"):
        return TensorType("", None)
    tensor = type_proto.tensor_type
    dtype = _DTYPES.get(tensor.elem_type, "")
    if not tensor.HasField("shape"):
        return TensorType(dtype, None)
    sizes = []
    for dim in tensor.shape.dim:
        size = dim.dim_value
        if size < 0 or (size == 0 and not dim.HasField("dim_value")):
            return TensorType(dtype, None)
        sizes.append(size)
    return TensorType(dtype, tuple(sizes))


def _dims(type_proto: onnx.TypeProto) -> tuple[Dim, ...] | None:
    tensor = type_proto.tensor_type
    if not tensor.HasField("shape"):
        return None
    return tuple([_dim(each) for each in tensor.shape.dim])


def _dim(dim: onnx.TensorShapeProto.Dimension) -> Dim:
    """Some exporters write 0 or -1 for an open dim."""
    if dim.HasField("dim_value"):
        return int(dim.dim_value) if dim.dim_value > 0 else None
    return dim.dim_param if isinstance(dim.dim_param, str) and dim.dim_param else None


def bound_inference(node: onnx.NodeProto) -> None:
    """Keep inference from running on and on, and from ending the process.

    It takes a Split to have as many outputs as it says, and never returns on some equations.
    """
    if node.op_type == "Einsum":
        equations = (each.s.decode("utf-8", "replace") for each in node.attribute)
        if any(map(equation_fault, equations)):
            del node.attribute[:]
    if node.op_type in _INFERRED_INSIDE:
        for each in node.attribute:
            for inner in each.g.node:
                bound_inference(inner)
    if node.op_type == "Split":
        for each in node.attribute:
            if each.name == "num_outputs":
                each.i = len(node.output)


def _bound_copy(proto: onnx.ModelProto, sizes: Sizes | None) -> onnx.ModelProto:
    copy = onnx.ModelProto()
    copy.CopyFrom(proto)
    graph = copy.graph
    for function in copy.functions:  # one that could not be inlined
        for node in function.node:
            bound_inference(node)
    for node in graph.node:
        # traces are most of a file, and go through the wire format on their way to C++ and back
        node.ClearField("metadata_props")
        node.ClearField("doc_string")
        bound_inference(node)
    domains = {each.domain for each in copy.opset_import}
    for domain in dict.fromkeys(_domain(node.domain) for node in graph.node):
        if domain not in domains and not (domain == "" and "ai.onnx" in domains):
            copy.opset_import.add(domain=domain, version=1 if domain else _OLDEST_OPSET)
    if sizes is None:
        return copy
    by_name = {each.name: each.sizes for each in sizes.inputs}
    for info in graph.input:
        shape = by_name.get(info.name)
        if shape is not None:
            _set_dims(info, shape)
    return copy


_OLDEST_OPSET = 13


def _domain(domain: str) -> str:
    return "" if domain == "ai.onnx" else domain


def _set_dims(info: onnx.ValueInfoProto, sizes: Iterable[int]) -> None:
    shape = info.type.tensor_type.shape
    del shape.dim[:]
    for size in sizes:
        shape.dim.add(dim_value=size)


def _substituted(info: onnx.ValueInfoProto, sizes: Sizes | None) -> onnx.TypeProto:
    """The declared type with the sizes of its symbols; a shape that they leave open is dropped.

    So is every shape where the sizes asked for override those that the file was made with.
    """
    dims = _dims(info.type) if info.type.HasField("tensor_type") else None
    if sizes is None or dims is None:
        return info.type
    if not sizes.overridden and all(isinstance(dim, int) for dim in dims):
        return info.type
    bound = onnx.ValueInfoProto()
    bound.CopyFrom(info)
    known = [value_of(dim, sizes.symbols) if isinstance(dim, str) else dim for dim in dims]
    if sizes.overridden or None in known:
        bound.type.tensor_type.ClearField("shape")
    else:
        _set_dims(bound, [size for size in known if size is not None])
    return bound.type
