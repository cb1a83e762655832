"""Lowering gives the kernels that OpenVINO runs: its own executed graphs are the judge."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib import resources

import pytest
import tomli

from archlint.cost.lowering.lower import lower
from archlint.cost.lowering.runtime_rules import RuntimeRules
from archlint.graph.reader import read_model
from archlint.measure.cpu import simd_bits
from archlint.testing import Net

pytest.importorskip("openvino", reason="openvino is not installed (pip install archlint[openvino])")
from tests.forms.making import narrow
from tests.measure.onnxruntime.cases import MODELS
from tests.measure.openvino.executed_kernels import signatures_of_graph, signatures_of_kernels

pytestmark = pytest.mark.skipif(simd_bits() < 512, reason="lowered as on CPUs with AVX-512")

RULES = RuntimeRules.parse(
    tomli.loads(
        (resources.files("archlint.measure.openvino") / "lowering.toml").read_text("utf-8")
    )["lowering"]
)

_ATTENTION = "attention is one kernel or several, by its size"
_NORMS = "norms with the channels last are several kernels"
_BIASES = "biases that the exporter shares are added apart"
_NASNET = "three norms behind pools are part of other kernels"
UNLIKE = {
    "conv1d_tanh_8": "a map of one line is reordered once less",
    "hf_bert_base.dynamo": _ATTENTION,
    "nasnet_a_small": _NASNET,
    "open_map_group_convs": "a conv in groups sums on a map of an open size",
    "patch_merging": _NORMS,
    "ptcv_nasnet_4a1056.dynamo": _NASNET,
    "qkv_gathers": _ATTENTION,
    "timm_convnext_atto.dynamo": _NORMS,
    "timm_hrnet_w18_small.ts": "which of two convs sums goes by OpenVINO's own order",
    "timm_mixnet_s.ts": "the convs between a Split and a Concat are one in groups",
    "tv_mobilenet_v3_large.ts": _BIASES,
    "var_mobilenet_v2_dynbatchhw.ts": _BIASES,
    "vit_s16": _ATTENTION,
}
"""Models whose kernels differ, and why."""


def activated(net: Net) -> Iterator[str]:
    x = net.input(1, 16, 8, 8)
    for act in ("Relu", "Sigmoid", "HardSwish", "LeakyRelu", "Elu", "Mish"):
        yield net.op(act, net.conv(x, 16))


def residual(net: Net) -> Iterator[str]:
    x = net.op("Relu", net.conv(net.input(1, 16, 8, 8), 16))
    yield net.op("Relu", net.op("Add", net.conv(net.op("Relu", net.conv(x, 16)), 16), x))


def sum_of_two_convs(net: Net) -> Iterator[str]:
    x = net.op("Relu", net.conv(net.input(1, 16, 8, 8), 16))
    yield net.op("Relu", net.op("Add", net.conv(x, 32), net.conv(x, 32)))


def sum_that_is_read_again(net: Net) -> Iterator[str]:
    x = net.op("Relu", net.conv(net.input(1, 16, 8, 8), 16))
    shared = net.op("MaxPool", x, kernel_shape=[1, 3], pads=[0, 1, 0, 1])
    net._channels[shared] = 16
    total = net.op("Add", net.conv(x, 16), shared)
    yield net.op("Mul", total, net.op("Sigmoid", net.conv(shared, 16)))


def norm_before_activation(net: Net) -> Iterator[str]:
    x = net.op("MaxPool", net.conv(net.input(1, 16, 8, 8), 16), kernel_shape=[2, 2])
    net._channels[x] = 16
    yield net.op("Relu", net.norm(x))


def joined_channels(net: Net) -> Iterator[str]:
    x = net.input(1, 16, 8, 8)
    yield net.op("Relu", net.op("Concat", net.conv(x, 16), net.conv(x, 8), axis=1))


def rows_of_a_map(net: Net) -> Iterator[str]:
    conv = net.conv(net.input(1, 16, 8, 8), 16)
    flat = net.op("Flatten", conv)
    yield net.op("MatMul", flat, net.weight("w", 1024, 10))


NETS = (
    activated, residual, sum_of_two_convs, sum_that_is_read_again, norm_before_activation,
    joined_channels, rows_of_a_map,
)  # fmt: skip


@pytest.mark.parametrize("build", NETS, ids=lambda each: str(each.__name__))
def test_kernels_of_nets_are_those_of_the_runtime(build: Callable[[Net], Iterator[str]]) -> None:
    net = Net()
    proto = net.proto(*build(net))
    known = [each for each in proto.opset_import if not each.domain]
    del proto.opset_import[:]
    proto.opset_import.extend(known)
    ours = signatures_of_kernels(lower(read_model(proto), RULES))
    theirs = signatures_of_graph(proto)
    assert (ours - theirs, theirs - ours) == ({}, {})


@pytest.mark.slow
@pytest.mark.parametrize("name", MODELS)
def test_kernels_of_models_are_those_of_the_runtime(name: str) -> None:
    proto = MODELS[name]()
    narrow(proto)
    ours = signatures_of_kernels(lower(read_model(proto), RULES))
    theirs = signatures_of_graph(proto)
    if name in UNLIKE:
        assert ours != theirs
    else:
        assert (ours - theirs, theirs - ours) == ({}, {})
