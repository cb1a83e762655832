from __future__ import annotations

import onnx
import pytest
from onnx import helper

from archlint.errors import ModelError
from archlint.graph import read_model
from tests.graph.making import MODELS, Dims, ints, model, value, weight


def _flattened(target: tuple[int, ...], first: Dims = (1, 3, 4, 4)) -> onnx.ModelProto:
    return model(
        [
            helper.make_node("Reshape", ["x", "shape"], ["r"], name="view"),
            helper.make_node("MatMul", ["r", "w"], ["y"], name="head"),
        ],
        [value("x", first)],
        [value("y", [first[0], 10])],
        [ints("shape", *target), weight("w", 48, 10)],
    )


def test_a_reshape_that_leaves_the_batch_open_takes_any() -> None:
    for target in ((-1, 48), (0, -1), (0, 48)):
        assert read_model(_flattened(target), batch=8).operators[-1].output.shape == (8, 10)


def test_a_batch_that_an_open_dim_would_swallow_stays_the_first() -> None:
    assert read_model(_flattened((1, -1)), batch=8).operators[-1].output.shape == (8, 10)


def test_an_assumed_size_that_the_graph_contradicts_is_refused_as_assumed() -> None:
    proto = _flattened((-1, 48), ("n", 3, "h", "w"))
    assert read_model(proto, dims={"h": 4, "w": 4}).batch == 1
    with pytest.raises(ModelError) as caught:
        read_model(proto, dims={"h": 5, "w": 5})
    assert str(caught.value) == (
        "<model>: cannot take input x = 1x3x5x5 (assumed): "
        "operator view (Reshape): reshapes 1x3x5x5 to -1x48"
    )


def test_a_batch_that_the_output_would_lose_is_kept() -> None:
    proto = model(
        [helper.make_node("Reshape", ["x", "shape"], ["y"], name="view")],
        [value("x", [1, 6])],
        [value("y", [1, 2, 3])],
        [ints("shape", 1, -1, 3)],
    )
    assert read_model(proto, batch=2).operators[-1].output.shape == (2, 2, 3)


def test_an_output_without_batch_is_no_contradiction() -> None:
    proto = model(
        [helper.make_node("ReduceMean", ["x"], ["y"], keepdims=1)],
        [value("x", [1, 6])],
        [value("y", [1, 1])],
    )
    assert read_model(proto, batch=2).operators[-1].output.shape == (1, 1)


def test_channels_that_the_first_conv_does_not_take_are_refused() -> None:
    with pytest.raises(ModelError) as caught:
        read_model(str(MODELS / "tv_resnet50.dynamo.onnx"), inputs={"x": (1, 4, 224, 224)})
    assert str(caught.value).endswith(
        "cannot take input x = 1x4x224x224: "
        "operator node_Conv_754 (Conv): 4 input channels, but its weight takes 3"
    )


def test_a_model_that_is_wrong_at_its_own_sizes_is_malformed_not_refused() -> None:
    found = read_model(_flattened((1, 50)))
    assert found.operators[0].malformed == "reshapes 1x3x4x4 to 1x50"
    assert found.operators[0].flops is None
    assert read_model(_flattened((7, 7)), batch=8).operators[0].malformed
