"""The types of one node's outputs, where inference on the whole model has stopped."""

from __future__ import annotations

from collections.abc import Mapping

import onnx
from onnx import checker, defs, helper, numpy_helper, shape_inference

from archlint.graph.attention import attended
from archlint.graph.classical_types import CLASSICAL, infer_classical
from archlint.graph.contributed_types import infer_contributed
from archlint.graph.evaluate import Array
from archlint.graph.node import Node
from archlint.graph.old_types import as_later, like_first_input
from archlint.graph.operator import Tensor
from archlint.graph.operator_table import facts_of
from archlint.graph.shapes import (
    DTYPE_NUMBERS,
    INFERENCE_FAILURES,
    TensorType,
    array_type,
    bound_inference,
    dtype_and_shape,
    opset_of,
)

__all__ = ["infer_outputs"]

_MICROSOFT = "com.microsoft"
_LIKE_FIRST_INPUT = frozenset({
    "Affine", "Attention", "BiasAdd", "BiasDropout", "BiasSoftmax", "BiasSplitGelu",
    "BipolarQuant", "DecoderMaskedMultiHeadAttention", "Erfc", "FloatQuant", "GatedAdd",
    "GroupNorm", "ImageScaler", "IntQuant", "Inverse", "MeanVarianceNormalization", "MoE",
    "MultiThreshold", "ParametricSoftplus", "QMoE", "Quant", "RotaryEmbedding", "Scale",
    "ScaledSiLU", "ScaledTanh", "SimplifiedLayerNormalization", "SkipGroupNorm",
    "SkipLayerNormalization", "SkipSimplifiedLayerNormalization", "ThresholdedRelu", "Trunc",
})  # fmt: skip
"""Where ONNX does not have them: some were its own before opset 7, as experiments."""
_WITH_CACHE = frozenset({"GroupQueryAttention", "MultiHeadAttention"})
_LATEST = defs.onnx_opset_version()
_STANDARD = frozenset({"Gelu", "LayerNormalization"})
"""Operators of ONNX that runtimes also write into files of older versions than ONNX's own."""


def infer_outputs(
    proto: onnx.ModelProto,
    node: Node,
    types: Mapping[str, TensorType],
    values: Mapping[str, Array],
) -> dict[str, TensorType]:
    """The types that follow from the node's input types and its small constant inputs."""
    if not node.inputs:
        return {}
    first = types.get(node.inputs[0])
    if first is None or first.shape is None or not node.outputs:
        return {}
    if node.op_type == "FusedMatMul" and node.domain == _MICROSOFT:
        return _fused_product(proto, node, types)
    if node.op_type in _WITH_CACHE and node.domain == _MICROSOFT:
        return _attention(node, types)
    if not _has_schema(proto, node):
        contributed = infer_contributed(node.proto, types)
        if contributed is not None:
            return contributed
    if node.op_type in _LIKE_FIRST_INPUT and not _has_schema(proto, node):
        return {node.outputs[0]: first}
    if not node.domain and like_first_input(node.op_type, _opset(proto) or _LATEST):
        return {node.outputs[0]: first}
    if node.op_type == "DynamicQuantizeLSTM" and node.domain == _MICROSOFT:
        return _recurrence(node, first, types)
    if facts_of(node.op_type).packed and node.domain == _MICROSOFT:
        width = next((each.i for each in node.proto.attribute if each.name == "N"), None)
        return {} if width is None else {node.outputs[0]: _last(first, width)}
    if node.domain == CLASSICAL:
        second = types.get(node.inputs[1]) if len(node.inputs) > 1 else None
        return infer_classical(node.proto, first, second)
    if node.domain:
        return {}
    return _by_schema(proto, node, types, values)


def _has_schema(proto: onnx.ModelProto, node: Node) -> bool:
    return not node.domain and defs.has(node.op_type, _opset(proto))


def _opset(proto: onnx.ModelProto) -> int:
    # what a damaged file says may be beyond what C++ takes
    return min(max(opset_of(proto), 0), _LATEST)


def _last(known: TensorType, width: int) -> TensorType:
    shape = known.shape or ()
    return TensorType(known.dtype, (*shape[:-1], width))


def _attention(node: Node, types: Mapping[str, TensorType]) -> dict[str, TensorType]:
    """A result as wide as the values of all heads; keys and values known before and new."""
    inputs = [
        Tensor(name, types[name].shape, types[name].dtype) if name in types else None
        for name in node.inputs
    ]
    attributes = {each.name: each.i for each in node.proto.attribute}
    found = attended(node.op_type, node.domain, inputs, attributes)
    if found is None:
        return {}
    kept = found.batch, found.key_heads, found.keys
    shapes = (
        (found.batch, found.rows, found.heads * found.value_depth),
        (*kept, found.depth), (*kept, found.value_depth),
    )  # fmt: skip
    dtype = types[node.inputs[0]].dtype
    made = zip(node.outputs, shapes, strict=False)
    return {name: TensorType(dtype, shape) for name, shape in made if name}


def _recurrence(
    node: Node, first: TensorType, types: Mapping[str, TensorType]
) -> dict[str, TensorType]:
    """What an LSTM gives: all its steps, and the last."""
    shape, weight = first.shape or (), types.get(node.inputs[2]) if len(node.inputs) > 2 else None
    if len(shape) != 3 or weight is None or weight.shape is None or len(weight.shape) != 3:
        return {}
    steps, batch, _ = shape
    directions, hidden, _ = weight.shape
    last = TensorType(first.dtype, (directions, batch, hidden))
    made = TensorType(first.dtype, (steps, directions, batch, hidden)), last, last
    return {name: each for name, each in zip(node.outputs, made, strict=False) if name}


def _fused_product(
    proto: onnx.ModelProto, node: Node, types: Mapping[str, TensorType]
) -> dict[str, TensorType]:
    """A MatMul of matrices that may be transposed."""
    attributes = {each.name: each.i for each in node.proto.attribute}
    if attributes.get("transBatchA") or attributes.get("transBatchB"):
        return {}
    turned = dict(types)
    for name, key in zip(node.inputs, ("transA", "transB"), strict=False):
        known = types.get(name)
        if known is None or known.shape is None:
            return {}
        shape = known.shape
        if attributes.get(key) and len(shape) > 1:
            turned[name] = TensorType(known.dtype, (*shape[:-2], shape[-1], shape[-2]))
    # an operand that is both, once as it is and once transposed, has no one shape
    if len(node.inputs) < 2 or node.inputs[0] == node.inputs[1]:
        return {}
    plain = onnx.NodeProto(op_type="MatMul", input=node.inputs, output=node.outputs)
    like = Node(plain, node.name, "MatMul", "", node.inputs, node.outputs)
    return _by_schema(proto, like, turned, {})


def _by_schema(
    proto: onnx.ModelProto,
    node: Node,
    types: Mapping[str, TensorType],
    values: Mapping[str, Array],
) -> dict[str, TensorType]:
    opset, given = _opset(proto) or _LATEST, node.proto
    later = as_later(given, opset, types)
    if later is not None:
        given, opset, more = later
        values = {**values, **more}
        types = {**types, **{name: array_type(each) for name, each in more.items()}}
    names = [name for name in (given.input if later else node.inputs) if name in types]
    try:
        if node.op_type in _STANDARD and not defs.has(node.op_type, opset):
            opset = _LATEST
        schema = defs.get_schema(node.op_type, opset, "")
        copy = onnx.NodeProto(op_type=node.op_type, input=given.input, output=given.output)
        copy.attribute.extend(a for a in given.attribute if a.name in schema.attributes)
        bound_inference(copy)
        inferred = shape_inference.infer_node_outputs(
            schema,
            copy,
            {name: _type_proto(types[name]) for name in names},
            {name: numpy_helper.from_array(values[name]) for name in names if name in values},
            opset_imports=[onnx.OperatorSetIdProto(domain="", version=opset)],
            ir_version=proto.ir_version,
        )
    except (
        *INFERENCE_FAILURES, checker.ValidationError, defs.SchemaError, KeyError, TypeError,
    ):  # fmt: skip
        return {}  # a TypeError is of a number in the file that is too large for C++
    return {name: dtype_and_shape(each) for name, each in inferred.items()}


def _type_proto(known: TensorType) -> onnx.TypeProto:
    return helper.make_tensor_type_proto(DTYPE_NUMBERS.get(known.dtype, 0), known.shape)
