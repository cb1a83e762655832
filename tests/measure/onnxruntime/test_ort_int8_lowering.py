"""Lowering a quantised model gives the kernels that ONNX Runtime runs: its own graphs judge."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import onnx
import pytest
import tomli
from numpy.typing import NDArray
from onnx import helper

from archlint.cost.kernels.kernel import SIGNED, Kernel, parse_chain
from archlint.cost.lowering.lower import lower
from archlint.cost.lowering.on_path import on_path
from archlint.cost.lowering.on_path import quantised as as_quantised
from archlint.cost.lowering.runtime_rules import RuntimeRules
from archlint.graph.reader import read_model
from archlint.measure.onnxruntime.backend import OnnxRuntime
from archlint.measure.onnxruntime.lowering import lowering
from archlint.measure.random_weights import random_inputs, with_random_weights
from archlint.testing import Net

pytest.importorskip(
    "onnxruntime", reason="onnxruntime is not installed (pip install archlint[ort])"
)
from onnxruntime.quantization import (
    CalibrationDataReader,
    QuantFormat,
    QuantType,
    quantize_static,
)

from tests.measure.onnxruntime.ort_graph import optimised

ROOT = Path(__file__).parents[3]
ORT = RuntimeRules.parse(tomli.loads(lowering("int8"))["lowering"])

Signature = tuple[str, int, str]
"""Operator, bytes of an element where both sides tell, and layout or permutation."""

_NAMES = {"QGemm": "MatMul", "QLinearMatMul": "MatMul", "Gemm": "MatMul", "NhwcMaxPool": "MaxPool"}
_LAYOUTS = frozenset({"Conv", "AveragePool", "GlobalAveragePool", "MaxPool"})
_EITHER = frozenset({"Transpose", "Reshape", "Flatten", "Split", "Slice", "Gather", "Resize"})


class _Random(CalibrationDataReader):  # type: ignore[misc]
    def __init__(self, model: onnx.ModelProto) -> None:
        self._feeds = iter([random_inputs(model, seed=0)])

    def get_next(self) -> dict[str, NDArray[Any]] | None:
        return next(self._feeds, None)


def quantised(
    proto: onnx.ModelProto, folder: Path, form: QuantFormat = QuantFormat.QDQ, data: str = "QUInt8"
) -> onnx.ModelProto:
    filled = with_random_weights(proto, seed=0)
    filled.ir_version = min(filled.ir_version, 10)
    onnx.save(filled, folder / "float.onnx")
    quantize_static(
        folder / "float.onnx", folder / "int8.onnx", _Random(filled),
        quant_format=form, activation_type=QuantType[data],
        weight_type=QuantType.QInt8,
    )  # fmt: skip
    return onnx.load(folder / "int8.onnx")


def of_graph(proto: onnx.ModelProto) -> Counter[Signature]:
    return Counter(_of_node(node) for node in proto.graph.node)


def _of_node(node: onnx.NodeProto) -> Signature:
    attributes = {each.name: helper.get_attribute_value(each) for each in node.attribute}
    name = _NAMES.get(node.op_type, node.op_type.removeprefix("QLinear"))
    in_int8 = node.op_type in _NAMES or node.op_type.startswith("QLinear")
    itemsize = 1 if in_int8 or name == "QuantizeLinear" else 4
    layout = ""
    if name in _LAYOUTS and (attributes.get("channels_last") or node.op_type == "NhwcMaxPool"):
        layout = "nhwc"
    elif name in _LAYOUTS and node.domain.endswith("nchwc"):
        layout = "nchwc"
    elif name == "Transpose":
        layout = "perm " + "-".join(map(str, attributes["perm"]))
    return name, 0 if name in _EITHER else itemsize, layout


def of_kernel(kernel: Kernel) -> Signature:
    shown = kernel.op in _LAYOUTS or kernel.op == "Transpose"
    itemsize = 0 if kernel.op in _EITHER else kernel.itemsize
    return kernel.op, itemsize, kernel.path.removeprefix(f"{SIGNED} ") if shown else ""


def compare(
    proto: onnx.ModelProto,
    folder: Path,
    form: QuantFormat = QuantFormat.QDQ,
    data: str = "QUInt8",
) -> None:
    int8 = quantised(proto, folder, form, data)
    theirs = of_graph(optimised(int8, folder))
    rules = RuntimeRules.parse(tomli.loads(OnnxRuntime(1, "int8").lowering())["lowering"])
    ours = Counter(of_kernel(each.kernel) for each in lower(read_model(int8), rules).kernels)
    assert (ours - theirs, theirs - ours) == ({}, {})


MODELS = ["mobilenet_v1", "mobilenet_v2", "resnet18", "shufflenet_v2"]


@pytest.mark.parametrize("name", MODELS)
def test_a_quantised_model_has_the_kernels_of_the_optimised_graph(
    name: str, tmp_path: Path
) -> None:
    proto = onnx.load(ROOT / f"examples/onnx/{name}.onnx", load_external_data=False)
    compare(proto, tmp_path)


@pytest.mark.parametrize("name", ["mobilenet_v1", "resnet18", "shufflenet_v2"])
def test_of_data_with_a_sign_what_several_read_runs_in_float(name: str, tmp_path: Path) -> None:
    proto = onnx.load(ROOT / f"examples/onnx/{name}.onnx", load_external_data=False)
    compare(proto, tmp_path, data="QInt8")


Build = Callable[[Net], str]


def squeeze_excite(net: Net) -> str:
    x = net.conv(net.input(1, 3, 16, 16), 16, 3)
    gate = net.conv(net.op("GlobalAveragePool", x), 16)
    return net.conv(net.op("Mul", x, net.op("Sigmoid", gate)), 8)


def hard_sigmoid(net: Net) -> str:
    x = net.conv(net.input(1, 3, 16, 16), 16, 3)
    return net.conv(net.op("Mul", x, net.op("HardSigmoid", x)), 8)


def joined(net: Net) -> str:
    x = net.op("Relu", net.conv(net.input(1, 3, 16, 16), 16, 3))
    pooled = net.op("MaxPool", x, kernel_shape=[3, 3], pads=[1] * 4)
    return net.conv(net.concat(net.conv(x, 8), net.conv(pooled, 8)), 8)


def shuffled(net: Net) -> str:
    x = net.concat(net.conv(net.input(1, 8, 8, 8), 8), net.conv("x", 8))
    return net.conv(net.shuffle(x, (1, 16, 8, 8), 2), 8)


def transposed_conv(net: Net) -> str:
    x = net.conv(net.input(1, 8, 8, 8), 8)
    y = net.op("ConvTranspose", x, net.weight("up.weight", 8, 4, 2, 2), strides=[2, 2])
    net._channels[y] = 4
    return net.conv(y, 8)


@pytest.mark.parametrize("build", [squeeze_excite, hard_sigmoid, joined, shuffled, transposed_conv])
def test_a_small_quantised_net_has_the_kernels_of_the_optimised_graph(
    build: Build, tmp_path: Path
) -> None:
    compare(small(build), tmp_path)


@pytest.mark.parametrize("build", [hard_sigmoid, joined, shuffled, transposed_conv])
def test_so_has_one_of_data_with_a_sign(build: Build, tmp_path: Path) -> None:
    compare(small(build), tmp_path, data="QInt8")


@pytest.mark.parametrize("build", [squeeze_excite, hard_sigmoid, joined, shuffled])
def test_operators_on_integers_with_a_sign_run_as_they_are(build: Build, tmp_path: Path) -> None:
    compare(small(build), tmp_path, QuantFormat.QOperator, "QInt8")
    int8 = onnx.load(tmp_path / "int8.onnx")
    kernels = [each.kernel for each in lower(read_model(int8), ORT).kernels]
    assert {each.path for each in kernels if each.op == "Conv"} == {"signed nhwc"}


def small(build: Build) -> onnx.ModelProto:
    net = Net()
    proto = net.proto(build(net))
    del proto.opset_import[1:]
    return proto


def test_operators_on_integers_alone_are_those_of_the_optimised_graph(tmp_path: Path) -> None:
    net = Net()
    x = net.op("MaxPool", net.conv(net.input(1, 3, 16, 16), 16, 3), kernel_shape=[3, 3])
    net._channels[x] = 16
    proto = net.proto(net.conv(x, 8))
    del proto.opset_import[1:]
    compare(proto, tmp_path, QuantFormat.QOperator)


def test_convs_on_data_of_16_bits_run_in_float(tmp_path: Path) -> None:
    net = Net()
    proto = net.proto(net.conv(net.conv(net.input(1, 8, 16, 16), 16, 3), 8))
    del proto.opset_import[1:]
    wide = quantised(proto, tmp_path, data="QUInt16")
    theirs = Counter(node.op_type for node in optimised(wide, tmp_path).graph.node)
    ours = Counter(each.kernel for each in lower(read_model(wide), ORT).kernels)
    assert theirs["Conv"] == 2
    assert theirs["QLinearConv"] == 0
    assert [each.itemsize for each in ours.elements() if each.op == "Conv"] == [4, 4]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("Conv 64>64 k3x3 @28x28 +Relu", "Conv 64>64 k3x3 @28x28 1B (nhwc)"),
        ("MatMul 64>64 @8", "MatMul 64>64 @8 1B"),
        ("Mul 64 @28x28 n1 (by channel)", "Mul 64 @28x28 n1 1B (by channel nhwc)"),
        ("Add 64 @28x28", "Add 64 @28x28 1B"),
        ("HardSigmoid 64 @28x28", "HardSigmoid 64 @28x28"),
        ("Conv 64>64 k3x3 @28x28 (signed)", "Conv 64>64 k3x3 @28x28 1B (signed nhwc)"),
        ("MatMul 64>64 @8 (signed)", "MatMul 64>64 @8 1B (signed)"),
        ("AveragePool 64 k3x3 @28x28 (generic)", "AveragePool 64 k3x3 @28x28 1B (nhwc)"),
    ],
)
def test_an_experiment_runs_in_int8_where_the_runtime_does(given: str, expected: str) -> None:
    ((_, kernel),) = parse_chain(given)
    assert on_path(as_quantised(kernel, ORT), ORT).text == expected


def test_a_conv_whose_weights_are_dequantised_at_each_run_is_in_no_layout_of_its_own() -> None:
    ((_, kernel),) = parse_chain("Conv 64>64 k3x3 @28x28")
    assert on_path(kernel, ORT) == kernel
    assert on_path(kernel._replace(path="nchwc"), ORT).path == "nchwc"


def test_a_weight_behind_a_dequantise_is_a_weight_in_int8(tmp_path: Path) -> None:
    net = Net()
    proto = net.proto(net.conv(net.input(1, 8, 8, 8), 8))
    del proto.opset_import[1:]
    model = read_model(quantised(proto, tmp_path))
    (conv,) = (op for op in model.operators if op.op_type == "Conv")
    assert conv.weight is not None
    assert (conv.weight.dtype, conv.weight.quantised) == ("int8", True)
