from __future__ import annotations

import onnx
import pytest
from onnx import helper

from archlint.errors import ModelError
from archlint.graph import read_model
from tests.graph.making import MODELS, PATHS, Dims, ints, model, value, weight

_TAKE_ANY_BATCH = {
    "timm_hrnet_w18_small.ts",
    "timm_mixnet_s.ts",
    "tv_densenet121.ts",
    "tv_mobilenet_v3_large.ts",
    "var_mobilenet_v2_dynbatchhw.ts",
    "var_resnet18_opset7.ts",
}
_FIXED_BY = {
    "hf_bert_base.dynamo": "node_view (Reshape): fixes the batch to 1",
    "ptcv_nasnet_4a1056.dynamo": "node_view (Reshape): fixes the batch to 1",
    "ptcv_shufflenet_g3_w1.dynamo": ("node_view_2 (Reshape): reshapes 8x60x56x56 to 1x3x20x56x56"),
    "smp_unet_resnet18.dynamo": "node_upsample_nearest2d (Resize): fixes the batch to 1",
    "timm_convnext_atto.dynamo": (
        "node_as_strided (Gather): picks the elements of the file's own batch only"
    ),
    "timm_repvgg_a0.dynamo": "node_view (Reshape): reshapes 8x1280x1x1 to 1x1280",
    "tv_efficientnet_b0.dynamo": "node_view (Reshape): reshapes 8x1280x1x1 to 1x1280",
    "tv_googlenet.dynamo": "node_view (Reshape): reshapes 8x1024x1x1 to 1x1024",
    "tv_mobilenet_v2.dynamo": "node_view (Reshape): reshapes 8x1280x1x1 to 1x1280",
    "tv_resnet50.dynamo": "node_view (Reshape): reshapes 8x2048x1x1 to 1x2048",
    "tv_resnext50_32x4d.dynamo": "node_view (Reshape): reshapes 8x2048x1x1 to 1x2048",
    "tv_shufflenet_v2_x1_0.dynamo": ("node_view (Reshape): reshapes 8x116x28x28 to 1x2x58x28x28"),
}


def test_every_model_takes_another_batch_or_says_which_operator_does_not() -> None:
    assert {path.stem for path in PATHS} == _TAKE_ANY_BATCH | _FIXED_BY.keys()


@pytest.mark.parametrize("name", sorted(_TAKE_ANY_BATCH))
def test_a_model_without_a_fixed_batch_takes_another(name: str) -> None:
    path = str(MODELS / f"{name}.onnx")
    one, eight = read_model(path, batch=1), read_model(path, batch=8)
    assert eight.operators[-1].output.shape == (8, 1000)
    assert eight.flops == 8 * one.flops


@pytest.mark.parametrize("name", sorted(_FIXED_BY))
def test_a_fixed_batch_is_refused_with_the_operator_that_fixes_it(name: str) -> None:
    path = str(MODELS / f"{name}.onnx")
    with pytest.raises(ModelError) as caught:
        read_model(path, batch=8)
    start, _, rest = str(caught.value).partition(": operator ")
    assert start.startswith(f"{path}: cannot take input ")
    assert rest == _FIXED_BY[name]


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


def test_a_batch_that_an_open_dim_swallows_is_refused_at_its_reshape() -> None:
    with pytest.raises(ModelError) as caught:
        read_model(_flattened((1, -1)), batch=8)
    assert str(caught.value) == (
        "<model>: cannot take input x = 8x3x4x4: operator view (Reshape): fixes the batch to 1"
    )


def test_an_assumed_size_that_the_graph_contradicts_is_refused_as_assumed() -> None:
    proto = _flattened((-1, 48), ("n", 3, "h", "w"))
    assert read_model(proto, dims={"h": 4, "w": 4}).batch == 1
    with pytest.raises(ModelError) as caught:
        read_model(proto, dims={"h": 5, "w": 5})
    assert str(caught.value) == (
        "<model>: cannot take input x = 1x3x5x5 (assumed): "
        "operator view (Reshape): reshapes 1x3x5x5 to -1x48"
    )


def test_a_batch_that_the_output_loses_is_refused() -> None:
    proto = model(
        [helper.make_node("Reshape", ["x", "shape"], ["y"], name="view")],
        [value("x", [1, 6])],
        [value("y", [1, 2, 3])],
        [ints("shape", 1, -1, 3)],
    )
    with pytest.raises(ModelError, match=r"operator view \(Reshape\): fixes the batch to 1"):
        read_model(proto, batch=2)


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
