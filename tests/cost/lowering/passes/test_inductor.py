"""What PyTorch's compiler writes as one kernel, and what it leaves to libraries."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from archlint.cost.kernels.kernel import parse_term
from archlint.cost.lowering.lower import lower
from archlint.cost.lowering.pass_graph_of_model import pass_graph_of_model
from archlint.cost.lowering.pass_lists import pass_list_of
from archlint.cost.lowering.runtime_rules import RuntimeRules
from archlint.graph import read_model
from archlint.testing import Net
from tests.cost.paper_targets import load

ONNX = Path(__file__).parents[4] / "examples/onnx"
BARE: Mapping[str, Any] = {"fold": ["Add"], "fuse": [], "fuse_into": [], "passes": "inductor"}
RULES = RuntimeRules.parse(BARE)
SHIPPED = load("rtx4090-torch2.9-compiled-amp").lowering


def texts(net: Net, *outputs: str, rules: RuntimeRules = RULES) -> list[str]:
    return [each.kernel.text for each in lower(net.model(*outputs), rules).kernels]


def normed(net: Net, x: str, width: int) -> str:
    weights = [net.weight(f"{x}.{name}", width) for name in ("s", "b", "m", "v")]
    made = net.op("BatchNormalization", x, *weights)
    net._channels[made] = width
    return made


def test_a_norm_and_an_activation_behind_a_conv_are_one_kernel() -> None:
    net = Net()
    net.input(2, 8, 4, 4)
    assert texts(net, net.op("Relu", normed(net, net.conv("x", 16), 16))) == [
        "Conv 8>16 k1x1 @4x4 b2 (channels last)", "BatchNormalization 16 @4x4 b2 +Relu",
    ]  # fmt: skip


def test_a_sum_is_read_once_and_written_once_with_the_norm_behind_it() -> None:
    net = Net()
    x, y = net.input(2, 8, 4), net.input(2, 8, 4, name="other")
    total = net.op("Add", x, y)
    rows = net.op("LayerNormalization", total, net.weight("s", 4), net.weight("b", 4))
    product = net.op("MatMul", rows, net.weight("w", 4, 4))
    # two tensors read, two written
    assert texts(net, net.op("Add", product, total)) == [
        "LayerNormalization 4 @8 b2 n3", "MatMul 4>4 @8 b2", "Add 4 @8 b2",
    ]  # fmt: skip


def test_a_mean_of_maps_channels_last_is_a_kernel_of_its_own() -> None:
    net = Net()
    net.input(2, 8, 4, 4)
    x = normed(net, net.conv("x", 16), 16)
    gate = net.op("Sigmoid", net.op("GlobalAveragePool", x))
    assert texts(net, net.op("Mul", x, gate)) == [
        "Conv 8>16 k1x1 @4x4 b2 (channels last)", "BatchNormalization 16 @4x4 b2",
        "GlobalAveragePool 16 @4x4>1 b2", "Mul 16 @4x4 b2 n1",
    ]  # fmt: skip


def test_what_one_tensor_tells_is_computed_again_by_each_loop() -> None:
    net = Net()
    product = net.op("MatMul", net.input(2, 8, 4), net.weight("w", 4, 4))
    gate = net.op("Sigmoid", product)
    mean = net.op("ReduceMean", gate, axes=[1])
    assert texts(net, net.op("Mul", gate, net.op("Tanh", mean))) == [
        "MatMul 4>4 @8 b2", "ReduceMean 4 @8>1 b2", "Mul 4 @8 b2 n1 +Sigmoid",
    ]  # fmt: skip


def test_parts_are_written_where_they_belong() -> None:
    net = Net()
    x, y = net.input(2, 4, 3, 3), net.input(2, 6, 3, 3, name="other")
    both = net.op("Concat", net.op("Relu", x), net.op("Sigmoid", y), axis=1)
    assert [each.split()[0] for each in texts(net, both)] == ["Relu"]


def test_many_parts_are_copied() -> None:
    net = Net()
    parts = [net.input(2, 4, 3, 3, name=f"x{number}") for number in range(9)]
    found = texts(net, net.op("Relu", net.op("Concat", *parts, axis=1)))
    assert [each.split()[0] for each in found] == ["Concat", "Relu"]


def test_what_a_conv_between_must_see_first_is_not_one_kernel() -> None:
    net = Net()
    net.input(2, 8, 4, 4)
    x = net.op("Relu", net.conv("x", 8))
    summed = net.op("Add", net.conv(x, 8), x)
    assert [each.split()[0] for each in texts(net, summed)] == ["Conv", "Relu", "Conv", "Add"]


@pytest.mark.parametrize(("groups", "path"), [(1, " (channels last)"), (4, "")])
def test_grouped_convs_keep_their_channels_first(groups: int, path: str) -> None:
    net = Net()
    net.input(2, 16, 4, 4)
    found = texts(net, net.op("Conv", "x", net.weight("w", 16, 16 // groups, 3, 3), group=groups,
                              pads=[1, 1, 1, 1]))  # fmt: skip
    assert found[-1].endswith(f"b2{path}")


@pytest.mark.parametrize("file", sorted(ONNX.glob("*.onnx")), ids=lambda each: each.stem)
def test_each_operator_is_in_one_kernel_that_runs_behind_what_it_reads(file: Path) -> None:
    model = read_model(str(file))
    kernels = lower(model, SHIPPED).kernels
    members = Counter(index for each in kernels for index in set(each.operators))
    added = sum(count - 1 for count in members.values() if count > 1)
    assert added <= sum(each.kernel.op in ("Cast", "Transpose", "Add") for each in kernels)
    assert all(parse_term(each.kernel.text)[1] == each.kernel for each in kernels)
    graph = pass_graph_of_model(model, SHIPPED)
    for change in pass_list_of(SHIPPED.passes).passes:
        change(graph, SHIPPED)
    for step in graph:
        makers = [graph.maker(tensor) for tensor in step.reads]
        assert all(each is None or each.rank <= step.rank for each in makers)
