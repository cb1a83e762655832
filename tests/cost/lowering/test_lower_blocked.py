"""Lowering for a runtime that changes the graph and runs convs on blocked tensors."""

from __future__ import annotations

from dataclasses import replace

import pytest
import tomli

from archlint.cost.kernels.kernel import parse_chain
from archlint.cost.lowering.lower import Change, Lowered, lower
from archlint.cost.lowering.on_path import apart, on_path
from archlint.cost.lowering.runtime_rules import RuntimeRules
from archlint.measure.onnxruntime.lowering import lowering
from archlint.testing import Net

ORT = replace(RuntimeRules.parse(tomli.loads(lowering("float"))["lowering"]), rotation=())


def texts(lowered: Lowered) -> list[str]:
    return [placed.kernel.text for placed in lowered.kernels]


def gated() -> Net:
    """A conv, a gate on it that cannot run on blocked tensors, a conv."""
    net = Net()
    x = net.conv(net.input(1, 3, 8, 8), 16, 3, name="stem")
    x = net.op("Elu", x, name="elu")
    net.conv(x, 16, name="next")
    return net


def test_what_cannot_run_blocked_forces_a_reorder_before_and_behind_it() -> None:
    model = gated().model("next")
    lowered = lower(model, ORT)
    assert texts(lowered) == [
        "Conv 3>16 k3x3 @8x8 (nchwc-stem)",
        "ReorderOutput 16 @8x8",
        "Elu 16 @8x8",
        "ReorderInput 16 @8x8",
        "Conv 16>16 k1x1 @8x8 (nchwc)",
        "ReorderOutput 16 @8x8",
    ]
    (elu,) = [op.index for op in model.operators if op.name == "elu"]
    # the last one is there for the model's output
    assert lowered.reorders == {elu: (1, 3)}
    assert lowered.kernels[1].operators == lowered.kernels[3].operators == (elu,)
    assert lowered.home[elu] == 2


def test_replacing_what_cannot_run_blocked_saves_its_reorders() -> None:
    model = gated().model("next")
    (elu,) = [op.index for op in model.operators if op.name == "elu"]
    for change in (Change(activations={elu: "Relu"}), Change(bypass=frozenset([elu]))):
        lowered = lower(model, ORT, change)
        assert [text.partition(" ")[0] for text in texts(lowered)] == [
            "Conv",
            "Conv",
            "ReorderOutput",
        ]
        assert lowered.reorders == {}


def test_the_block_is_data() -> None:
    net = Net()
    pooled = net.op("MaxPool", net.input(1, 24, 8, 8), kernel_shape=[2, 2], strides=[2, 2])
    model = net.model(pooled)
    assert ORT.blocked is not None
    wide = replace(ORT, blocked=replace(ORT.blocked, block=16))
    assert texts(lower(model, ORT))[1] == "MaxPool 24 k2x2 s2x2 @8x8>4x4 (nchwc)"
    assert texts(lower(model, wide)) == ["MaxPool 24 k2x2 s2x2 @8x8>4x4"]


def test_an_add_and_what_follows_it_are_the_epilogue_in_the_order_run() -> None:
    net = Net()
    x = net.conv(net.input(1, 16, 8, 8), 16)
    lowered = lower(net.model(net.op("Relu", net.op("Add", net.conv(x, 16), x))), ORT)
    assert "Conv 16>16 k1x1 @8x8 (nchwc) +Add +Relu" in texts(lowered)


def test_a_product_with_bias_is_reshaped_and_views_are_kernels() -> None:
    net = Net()
    x = net.op("MatMul", net.input(2, 5, 16), net.weight("w", 16, 24))
    model = net.model(net.op("Add", x, net.weight("b", 24)))
    lowered = lower(model, ORT)
    assert [text.partition(" ")[0] for text in texts(lowered)] == ["Reshape", "MatMul", "Reshape"]
    # the operators' kernel is the product
    assert set(lowered.home.values()) == {1}
    silent = lower(model, replace(ORT, views=False))
    assert [text.partition(" ")[0] for text in texts(silent)] == ["MatMul"]


def test_paths_say_how_operands_are_repeated_and_dims_permuted() -> None:
    net = Net()
    x = net.input(1, 18, 8, 8)
    gate = net.op("Mul", x, net.op("GlobalAveragePool", x))
    rows = net.op("Transpose", gate, perm=[0, 2, 3, 1])
    lowered = lower(net.model(net.op("Sub", rows, net.weight("row", 18))), ORT)
    assert texts(lowered) == [
        "GlobalAveragePool 18 @8x8>1",
        "Mul 18 @8x8 n1 (by channel)",
        "Transpose 18 @8x8 (perm 0-2-3-1)",
        "Sub 8 @8x18 n1 (by row)",
    ]


def test_all_kernels_know_how_many_weights_the_model_runs_through() -> None:
    net = Net()
    x = net.op("Relu", net.op("MatMul", net.input(4, 1000), net.weight("w", 1000, 5000)))
    lowered = lower(net.model(x), replace(ORT, rotation=(8, 24, 64)))
    assert [placed.kernel.rotation for placed in lowered.kernels] == [20, 20]


@pytest.mark.parametrize(
    ("given", "taken"),
    [
        ("Conv 64>64 k1x1 @28x28", "Conv 64>64 k1x1 @28x28 (nchwc)"),
        ("Conv 66>64 k1x1 @28x28 (nchwc) +Add +Relu", "Conv 66>64 k1x1 @28x28 +Add +Relu"),
        ("Conv 3>64 k7x7 @28x28", "Conv 3>64 k7x7 @28x28 (nchwc-stem)"),
        ("Conv 64>64 k3x3 g16 @28x28 (nchwc)", "Conv 64>64 k3x3 g16 @28x28"),
        ("Conv 64>64 k3x3 g8 @28x28", "Conv 64>64 k3x3 g8 @28x28 (nchwc)"),
        ("Conv 58>58 k3x3 g58 @28x28 (nchwc)", "Conv 58>58 k3x3 g58 @28x28"),
        ("Conv 64>64 k1x1 @28x28 +Elu", "Conv 64>64 k1x1 @28x28 (nchwc)"),
        ("Conv 64>64 k1x1 @28x28 +Add +Clip", "Conv 64>64 k1x1 @28x28 (nchwc) +Add"),
        ("Conv 64>64 k1x1 @28x28 +HardSwish", "Conv 64>64 k1x1 @28x28 (nchwc) +HardSwish"),
        ("Conv 66>64 k1x1 @28x28 +HardSwish", "Conv 66>64 k1x1 @28x28"),
        ("MatMul 64>64 @28 +Elu", "MatMul 64>64 @28 +Elu"),
        ("MatMul 64>64 @28 +Clip", "MatMul 64>64 @28"),
        ("MaxPool 60 k2x2 s2x2 @8x8>4x4 (nchwc)", "MaxPool 60 k2x2 s2x2 @8x8>4x4"),
        ("Transpose 18 @8x8 (perm 0-2-3-1)", "Transpose 18 @8x8 (perm 0-2-3-1)"),
    ],
)  # fmt: skip
def test_a_kernel_at_other_widths_takes_the_path_of_these(given: str, taken: str) -> None:
    ((_, kernel),) = parse_chain(given)
    assert on_path(kernel, ORT).text == taken


def test_a_target_without_layouts_only_cuts_the_epilogue() -> None:
    ((_, kernel),) = parse_chain("Conv 64>64 k1x1 @28x28 +Relu +Sigmoid")
    eager = replace(ORT, fusions=None, blocked=None, fuse=frozenset(["Relu"]))
    assert on_path(kernel, eager).text == "Conv 64>64 k1x1 @28x28 +Relu"


def test_what_does_not_fuse_on_another_path_is_a_kernel_of_its_own() -> None:
    ((_, kernel),) = parse_chain("Conv 16>18 k1x1 @8x8 (nchwc) +HardSwish")
    plain = apart(kernel.with_widths(18, 18), ORT)
    assert [each.text for each in plain] == [
        "Conv 18>18 k1x1 @8x8",
        "HardSigmoid 18 @8x8",
        "Mul 18 @8x8",
    ]
    assert apart(kernel, ORT) == (kernel,)


def test_a_sigmoid_times_its_input_is_a_silu() -> None:
    net = Net()
    x = net.op("MaxPool", net.input(1, 16, 8, 8), kernel_shape=[1, 1])
    lowered = lower(net.model(net.op("Mul", x, net.op("Sigmoid", x))), ORT)
    assert "SiLU 16 @8x8" in texts(lowered)
