from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from archlint.measure.random_weights import random_inputs, with_random_weights

MODELS = Path(__file__).parents[1] / "models"


def load(name: str) -> onnx.ModelProto:
    return onnx.load(MODELS / name, load_external_data=False)


def weights(model: onnx.ModelProto) -> dict[str, np.ndarray]:
    return {each.name: numpy_helper.to_array(each) for each in model.graph.initializer}


def empty(name: str, dims: list[int], data_type: int = TensorProto.FLOAT) -> onnx.TensorProto:
    return onnx.TensorProto(name=name, dims=dims, data_type=data_type)


def model_of(node: onnx.NodeProto, *initializers: onnx.TensorProto) -> onnx.ModelProto:
    image = helper.make_tensor_value_info("x", TensorProto.FLOAT, ["batch", 8, 4, 4])
    out = helper.make_tensor_value_info("y", TensorProto.FLOAT, None)
    return helper.make_model(helper.make_graph([node], "g", [image], [out], initializers))


def test_every_initializer_gets_a_payload_and_the_model_stays_as_it_is() -> None:
    model = load("tv_mobilenet_v3_large.ts.onnx")
    before = model.SerializeToString()
    filled = weights(with_random_weights(model, 0))
    assert model.SerializeToString() == before
    assert all(np.isfinite(each).all() for each in filled.values())


def test_a_payload_that_is_there_is_kept() -> None:
    kept = numpy_helper.from_array(np.full(8, 3, dtype=np.float32), "w")
    node = helper.make_node("Mul", ["x", "w"], ["y"])
    assert (weights(with_random_weights(model_of(node, kept), 0))["w"] == 3).all()


def test_the_seed_decides() -> None:
    model = load("var_resnet18_opset7.ts.onnx")
    first, again, other = (with_random_weights(model, seed) for seed in (0, 0, 1))
    assert first.SerializeToString() == again.SerializeToString() != other.SerializeToString()


def test_variances_are_positive() -> None:
    node = helper.make_node("BatchNormalization", ["x", "s", "b", "m", "v"], ["y"])
    filled = weights(with_random_weights(model_of(node, *(empty(each, [8]) for each in "sbmv")), 0))
    assert (filled["v"] >= 1).all()


def test_missing_indices_are_valid_ones() -> None:
    node = helper.make_node("Gather", ["x", "i"], ["y"])
    filled = weights(with_random_weights(model_of(node, empty("i", [4], TensorProto.INT64)), 0))
    assert (filled["i"] == 0).all()


def test_external_data_are_not_opened() -> None:
    outside = empty("w", [8, 8, 1, 1])
    outside.data_location = TensorProto.EXTERNAL
    outside.external_data.add(key="location", value="/does/not/exist")
    node = helper.make_node("Conv", ["x", "w"], ["y"])
    assert weights(with_random_weights(model_of(node, outside), 0))["w"].shape == (8, 8, 1, 1)


def test_open_sizes_of_inputs_are_those_that_linting_assumes() -> None:
    node = helper.make_node("Relu", ["x"], ["y"])
    assert random_inputs(model_of(node), 0)["x"].shape == (1, 8, 4, 4)


@pytest.mark.parametrize("name", ["hf_bert_base.dynamo.onnx", "tv_resnet50.dynamo.onnx"])
def test_inputs_have_the_models_types(name: str) -> None:
    model = load(name)
    for each in model.graph.input:
        dtype = helper.tensor_dtype_to_np_dtype(each.type.tensor_type.elem_type)
        assert random_inputs(model, 0)[each.name].dtype == dtype
