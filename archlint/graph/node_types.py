"""The types of one node's outputs, where inference on the whole model has stopped."""

from __future__ import annotations

from collections.abc import Mapping

import onnx
from onnx import checker, defs, helper, numpy_helper, shape_inference

from archlint.graph.evaluate import Array
from archlint.graph.node import Node
from archlint.graph.shapes import DTYPE_NUMBERS, INFERENCE_FAILURES, TensorType, dtype_and_shape

__all__ = ["infer_outputs"]

_MICROSOFT = "com.microsoft"
_LIKE_FIRST_INPUT = frozenset({
    "Attention", "BiasGelu", "BiasAdd", "BiasSplitGelu", "DecoderMaskedMultiHeadAttention",
    "FastGelu", "Gelu", "GroupNorm", "MultiHeadAttention", "QuickGelu", "RotaryEmbedding",
    "SimplifiedLayerNormalization", "SkipGroupNorm", "SkipLayerNormalization",
    "SkipSimplifiedLayerNormalization",
})  # fmt: skip
_LIKE_ONNX: Mapping[str, str] = {"FusedConv": "Conv", "FusedGemm": "Gemm", "FusedMatMul": "MatMul"}


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
    op_type = node.op_type
    if node.domain == _MICROSOFT:
        if op_type in _LIKE_FIRST_INPUT:
            return {node.outputs[0]: first}
        op_type = _LIKE_ONNX.get(op_type, "")
        if op_type == "MatMul" and any(each.i for each in node.proto.attribute):
            return {}  # a transposed operand, which ONNX's MatMul has not
    if not op_type or node.domain not in ("", _MICROSOFT):
        return {}
    return _by_schema(proto, node, op_type, types, values)


def _by_schema(
    proto: onnx.ModelProto,
    node: Node,
    op_type: str,
    types: Mapping[str, TensorType],
    values: Mapping[str, Array],
) -> dict[str, TensorType]:
    opset = next((each.version for each in proto.opset_import if each.domain == ""), None)
    names = [name for name in node.inputs if name in types]
    try:
        schema = defs.get_schema(op_type, opset or defs.onnx_opset_version(), "")
        copy = onnx.NodeProto(op_type=op_type, input=node.proto.input, output=node.proto.output)
        copy.attribute.extend(a for a in node.proto.attribute if a.name in schema.attributes)
        inferred = shape_inference.infer_node_outputs(
            schema,
            copy,
            {name: _type_proto(types[name]) for name in names},
            {name: numpy_helper.from_array(values[name]) for name in names if name in values},
            opset_imports=list(proto.opset_import),
            ir_version=proto.ir_version,
        )
    except (*INFERENCE_FAILURES, checker.ValidationError, defs.SchemaError, KeyError):
        return {}
    return {name: dtype_and_shape(each) for name, each in inferred.items()}


def _type_proto(known: TensorType) -> onnx.TypeProto:
    return helper.make_tensor_type_proto(DTYPE_NUMBERS.get(known.dtype, 0), known.shape)
