from __future__ import annotations

import pytest

from archlint.graph import Model, read_model
from archlint.graph.module_path import module_of
from tests.graph.making import MODELS

_BN_SCOPES = {
    "pkg.torch.onnx.name_scopes": "['', 'layer1', 'layer1.0', 'layer1.0.bn2', 'batch_norm']",
    "pkg.torch.onnx.class_hierarchy": (
        "['net.Net', 'torch.nn.modules.container.Sequential', 'net.Block', "
        "'torch.nn.modules.batchnorm.BatchNorm2d', 'aten.batch_norm.default']"
    ),
}
_RELU_NAMESPACE = {
    "namespace": ": net.Net/layer1: net.Stage/layer1.relu: torch.nn.modules.activation.ReLU"
    "/relu: aten.relu.default"
}


@pytest.mark.parametrize(
    ("weight", "path"),
    [
        ("layer1.0.conv2.weight", "layer1.0.conv2"),
        ("layer1.0.conv2.weight_quantized", "layer1.0.conv2"),
        ("layer1.0.conv2.weight_DequantizeLinear", "layer1.0.conv2"),
        ("layer1.0.conv2.weight_bias", "layer1.0.conv2"),
        ("encoder.in_proj.kernel", "encoder.in_proj"),
        ("conv2d_3.w_0", "conv2d_3"),
        ("net_1/expand_1/convolution/merged_input:0", "net_1.expand_1"),
        ("net_1/squeeze_1/convolution/ReadVariableOp:0", "net_1.squeeze_1"),
        ("net/dense_1/Cast/ReadVariableOp:0", "net.dense_1"),
        ("net/gru/cell/Cast/ReadVariableOp/resource:0", "net.gru.cell"),
        ("const_fold_opt__1783", ""),
        ("cell.w", ""),
        ("onnx::Conv_199", ""),
        ("val_63", ""),
        ("weight", ""),
        ("some.tensor", ""),
    ],
)
def test_a_weight_s_name_gives_the_path(weight: str, path: str) -> None:
    assert module_of("Conv", "n", [weight], 4, {})[0] == path


def test_a_weight_s_name_wins_over_the_metadata_of_a_folded_batch_norm() -> None:
    found = module_of("Conv", "n", ["layer1.0.conv2.weight"], 4, _BN_SCOPES)
    assert found == ("layer1.0.conv2", "Conv2d")


def test_without_a_usable_weight_the_metadata_counts() -> None:
    assert module_of("Conv", "n", ["val_63"], 4, _BN_SCOPES) == ("layer1.0.bn2", "BatchNorm2d")
    assert module_of("Relu", "n", [], None, _RELU_NAMESPACE) == ("layer1.relu", "ReLU")


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("/layer1/layer1.0/conv2/Conv", "layer1.0.conv2"),
        ("/features/features.1/block/block.0/block.0.2/Relu", "features.1.block.0.2"),
        ("/Add_3", ""),
        ("Conv_12", ""),
        ("model/block_1/Relu", "model.block_1"),
        ("net/relu_1/Relu;net/bn_1/add;net/conv_1/convolution_prequant", "net.conv_1"),
    ],
)
def test_a_nested_node_name_is_the_last_resort(name: str, path: str) -> None:
    assert module_of("Relu", name, [], None, {}) == (path, "")


@pytest.mark.parametrize(
    "text", ["['a'", "[1, 2]", "__import__('os')", "[" * 5000, "['\\ud800', \"it's\"]", "{}"]
)
def test_broken_metadata_is_no_path(text: str) -> None:
    metadata = dict.fromkeys(_BN_SCOPES, text)
    assert isinstance(module_of("Relu", "n", [], None, metadata)[0], str)


def _modules(file: str, op_type: str) -> list[str]:
    found: Model = read_model(str(MODELS / f"{file}.onnx"))
    return [op.module for op in found.operators if op.op_type == op_type]


@pytest.mark.parametrize("file", ["tv_resnet50.dynamo", "var_resnet18_opset7.ts"])
def test_each_conv_of_a_resnet_has_its_own_path(file: str) -> None:
    modules = _modules(file, "Conv")
    assert modules[0] == "conv1"
    assert "layer4.0.downsample.0" in modules
    assert len(set(modules)) == len(modules)
    assert all(module.split(".")[-1] in ("conv1", "conv2", "conv3", "0") for module in modules)


@pytest.mark.parametrize(
    "file", ["tv_densenet121.ts", "tv_mobilenet_v3_large.ts", "timm_mixnet_s.ts"]
)
def test_weights_that_the_exporter_shares_do_not_lend_their_names(file: str) -> None:
    modules = _modules(file, "Conv")
    assert len(set(modules)) == len(modules)
    assert not any("norm" in module or "bn" in module for module in modules)


def test_products_and_activations_of_bert_have_their_modules() -> None:
    found = read_model(str(MODELS / "hf_bert_base.dynamo.onnx"))
    products = [op for op in found.operators if op.weight is not None]
    assert {op.module_class for op in products} == {"Linear"}
    assert products[0].module == "model.encoder.layer.0.attention.self.query"
    gelu = next(op for op in found.operators if op.op_type == "Gelu")
    assert gelu.module == "model.encoder.layer.0.intermediate.intermediate_act_fn"
    assert gelu.module_class == "GELUActivation"
