"""Small ONNX models, made on the spot."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import onnx
from onnx import TensorProto, helper

MODELS = Path(__file__).parent.parent / "models"
PATHS = sorted(MODELS.glob("*.onnx"))

Dims = Sequence[int | str | None]


def value(name: str, dims: Dims | None, dtype: int = TensorProto.FLOAT) -> onnx.ValueInfoProto:
    return helper.make_tensor_value_info(name, dtype, dims)


def weight(name: str, *dims: int, dtype: int = TensorProto.FLOAT) -> onnx.TensorProto:
    """An initializer without its payload."""
    return TensorProto(name=name, data_type=dtype, dims=dims)


def ints(name: str, *values: int) -> onnx.TensorProto:
    return helper.make_tensor(name, TensorProto.INT64, [len(values)], values)


def scalar(name: str, number: float) -> onnx.TensorProto:
    return helper.make_tensor(name, TensorProto.FLOAT, [], [number])


def model(
    nodes: Sequence[onnx.NodeProto],
    inputs: Sequence[onnx.ValueInfoProto],
    outputs: Sequence[onnx.ValueInfoProto] | None = None,
    weights: Sequence[onnx.TensorProto] = (),
    *,
    opset: int = 20,
) -> onnx.ModelProto:
    """A model; without `outputs` the last node's first output is the model's."""
    if outputs is None:
        outputs = [helper.make_empty_tensor_value_info(nodes[-1].output[0])]
    graph = helper.make_graph(list(nodes), "net", list(inputs), list(outputs), list(weights))
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)])
