"""The convs found in the committed models against the libraries that define the networks."""

from __future__ import annotations

import importlib
import sys
from collections import Counter
from collections.abc import Callable
from importlib.util import find_spec
from typing import Any

import pytest

from archlint.graph import Operator, read_model
from tests.graph.making import MODELS

torch = pytest.importorskip("torch", reason="compares with PyTorch modules")

_LIBRARY = torch.library.Library("torchvision", "FRAGMENT")

Conv = tuple[tuple[int, ...], int, tuple[int, ...], tuple[int, ...]]
"""Weight shape, groups, stride and output size: exporters fold padding, so inputs may differ."""


def _pytorchcv(module: str, name: str) -> Callable[[], Any]:
    def make() -> Any:
        pytest.importorskip("pytorchcv", reason="compares with pytorchcv")
        return getattr(importlib.import_module(f"pytorchcv.models.{module}"), name)()

    return make


def _import_torchvision() -> Any:
    """torchvision's Python side, also where its compiled one does not load.

    Its wheels are built for CUDA. With a CPU build of torch the compiled operators are missing,
    and so the import fails at two that it only wants to describe; no classifier runs them.
    """
    if find_spec("torchvision") is None:
        pytest.skip("compares with torchvision")
    try:
        return importlib.import_module("torchvision.models")
    except RuntimeError:
        for name in [each for each in sys.modules if each.split(".")[0] == "torchvision"]:
            del sys.modules[name]
        for name in ("nms", "qnms"):
            _LIBRARY.define(f"{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
        return importlib.import_module("torchvision.models")


def _timm(name: str) -> Callable[[], Any]:
    def make() -> Any:
        _import_torchvision()
        timm = pytest.importorskip("timm", reason="compares with timm")
        return timm.create_model(name)

    return make


def _torchvision(name: str) -> Callable[[], Any]:
    def make() -> Any:
        models = _import_torchvision()
        options = {"aux_logits": False, "init_weights": False} if name == "googlenet" else {}
        return getattr(models, name)(**options)

    return make


@pytest.mark.parametrize(
    ("file", "make"),
    [
        ("ptcv_nasnet_4a1056.dynamo", _pytorchcv("nasnet", "nasnet_4a1056")),
        ("ptcv_shufflenet_g3_w1.dynamo", _pytorchcv("shufflenet", "shufflenet_g3_w1")),
        ("timm_convnext_atto.dynamo", _timm("convnext_atto")),
        ("timm_hrnet_w18_small.ts", _timm("hrnet_w18_small")),
        ("timm_mixnet_s.ts", _timm("mixnet_s")),
        ("timm_repvgg_a0.dynamo", _timm("repvgg_a0")),
        ("tv_densenet121.ts", _torchvision("densenet121")),
        ("tv_efficientnet_b0.dynamo", _torchvision("efficientnet_b0")),
        ("tv_googlenet.dynamo", _torchvision("googlenet")),
        ("tv_mobilenet_v2.dynamo", _torchvision("mobilenet_v2")),
        ("tv_mobilenet_v3_large.ts", _torchvision("mobilenet_v3_large")),
        ("tv_resnet50.dynamo", _torchvision("resnet50")),
        ("tv_resnext50_32x4d.dynamo", _torchvision("resnext50_32x4d")),
        ("tv_shufflenet_v2_x1_0.dynamo", _torchvision("shufflenet_v2_x1_0")),
        ("var_mobilenet_v2_dynbatchhw.ts", _torchvision("mobilenet_v2")),
        ("var_resnet18_opset7.ts", _torchvision("resnet18")),
    ],
)
def test_the_convs_are_those_of_the_library(file: str, make: Callable[[], Any]) -> None:
    module = make()
    found = read_model(str(MODELS / f"{file}.onnx"))
    assert found.inputs[0].shape is not None
    expected = _hooked_convs(module, found.inputs[0].shape)
    assert Counter(_conv(op) for op in found.operators if op.op_type == "Conv") == expected


def _conv(op: Operator) -> Conv:
    assert op.weight is not None
    assert op.weight.shape is not None
    assert op.output.shape is not None
    groups, strides = op.attributes.get("group", 1), op.attributes.get("strides", (1, 1))
    assert isinstance(groups, int)
    assert isinstance(strides, tuple)
    return op.weight.shape, groups, tuple(int(s) for s in strides), op.output.shape[2:]


def _hooked_convs(module: Any, shape: tuple[int, ...]) -> Counter[Conv]:
    seen: Counter[Conv] = Counter()

    def note(conv: Any, _inputs: Any, output: Any) -> None:
        size = tuple(output.shape[2:])
        seen[(tuple(conv.weight.shape), conv.groups, tuple(conv.stride), size)] += 1

    for each in module.modules():
        if isinstance(each, torch.nn.Conv2d):
            each.register_forward_hook(note)
    with torch.no_grad():
        module.eval()(torch.zeros(shape))
    return seen
