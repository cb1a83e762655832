"""What ncnn runs of a network: what goes into convs and products, and by which algorithm."""

from __future__ import annotations

from pathlib import Path

import tomli

from archlint.cost.lowering.lower import lower
from archlint.cost.lowering.runtime_rules import RuntimeRules
from archlint.testing import Net

FACTS = Path(__file__).parents[4] / "benchmarks/facts/published/ncnn"
RULES = RuntimeRules.parse(tomli.loads((FACTS / "lowering.toml").read_text())["lowering"])


def texts(net: Net, output: str) -> list[str]:
    return [each.kernel.text for each in lower(net.model(output), RULES).kernels]


def test_dense_3x3_convs_of_packed_widths_run_by_winograd() -> None:
    net = Net()
    x = net.input(1, 16, 28, 28)
    x = net.conv(x, 32, 3)
    x = net.conv(x, 30, 3)
    x = net.conv(x, 32, 3)
    assert texts(net, net.conv(x, 32, 3, stride=2)) == [
        "Conv 16>32 k3x3 @28x28 (winograd)",
        "Conv 32>30 k3x3 @28x28",
        "Conv 30>32 k3x3 @28x28",
        "Conv 32>32 k3x3 s2x2 @28x28>14x14",
    ]


def test_an_image_is_read_by_planes() -> None:
    net = Net()
    x = net.conv(net.input(1, 3, 224, 224), 32, 3, stride=2)
    assert texts(net, net.op("Relu", x)) == ["Conv 3>32 k3x3 s2x2 @224x224>112x112 (planes) +Relu"]


def test_the_convs_of_squeeze_excite_are_products() -> None:
    net = Net()
    x = net.op("GlobalAveragePool", net.input(1, 64, 28, 28))
    x = net.op("Relu", net.conv(x, 16))
    assert texts(net, net.op("Sigmoid", net.conv(x, 64)))[1:] == [
        "MatMul 64>16 +Relu",
        "MatMul 16>64 +Sigmoid",
    ]


def test_a_silu_is_a_layer_of_its_own() -> None:
    net = Net()
    x = net.conv(net.input(1, 32, 28, 28), 64)
    assert texts(net, net.op("Mul", x, net.op("Sigmoid", x))) == [
        "Conv 32>64 k1x1 @28x28",
        "SiLU 64 @28x28",
    ]
