"""What is no activation function between layers, and no shortcut, though it looks like one."""

from __future__ import annotations

import pytest
from onnx import TensorProto, helper

from archlint.rules.g4_elementwise.rule import ElementWise
from archlint.testing import Checked, Net, check

GATE = "a gate or an output, not an activation function between layers"
TARGET = "epyc-milan-ort-fp32-1t"


def checked(net: Net, *outputs: str) -> Checked:
    return check(ElementWise, net.proto(*outputs), target=TARGET)


def decisions(said: Checked) -> set[str]:
    return {each.decision.what for each in said.places}


def start() -> tuple[Net, str]:
    net = Net()
    return net, net.conv(net.input(1, 64, 56, 56), 64, name="first")


@pytest.mark.parametrize("kind", ["Sigmoid", "HardSigmoid", "Tanh"])
def test_scores_that_reach_an_output_are_no_activation(kind: str) -> None:
    net, x = start()
    scores = net.op(kind, x, name="scores")
    rows = net.op("Transpose", net.op("Reshape", scores, net.constant([1, 64, 3136])),
                  perm=[0, 2, 1])  # fmt: skip
    said = checked(net, net.op("Concat", rows, rows, axis=1))
    assert said.reason("scores") == GATE


def test_scores_that_choose_what_layers_read_are_no_activation() -> None:
    net, x = start()
    scores = net.op("Sigmoid", x, name="scores")
    best = net.op("ArgMax", scores, axis=1)
    chosen = net.op("Where", net.op("Cast", best, to=9), x, x)
    said = checked(net, net.conv(chosen, 64))
    assert said.reason("scores") == GATE


def test_a_gate_behind_operators_without_weights_is_no_activation() -> None:
    net, x = start()
    small = net.op("Sigmoid", net.conv(net.op("MaxPool", x, kernel_shape=[2, 2], strides=[2, 2]),
                                       64), name="gate")  # fmt: skip
    whole = net.op("Concat", small, small, axis=1)
    half = net.op("Slice", whole, net.constant([0]), net.constant([64]), net.constant([1]))
    pooled = net.op("MaxPool", x, kernel_shape=[2, 2], strides=[2, 2])
    said = checked(net, net.conv(net.op("Mul", pooled, half), 64))
    assert said.reason("gate") == GATE


@pytest.mark.parametrize(("kind", "reason"), [
    ("Sigmoid", GATE), ("Elu", GATE), ("Relu", "Relu is the cheapest activation already"),
])  # fmt: skip
def test_weights_of_attention_are_no_activation(kind: str, reason: str) -> None:
    net = Net()
    x = net.dense(net.input(1, 196, 384), 384, 384)
    scores = net.op("MatMul", x, net.op("Transpose", x, perm=[0, 2, 1]))
    attention = net.op(kind, scores, name="attention")
    y = net.op("MatMul", attention, x)
    said = checked(net, net.dense(y, 384, 384))
    assert said.reason("attention") == reason


def test_boxes_that_the_next_layer_reads_are_no_activation() -> None:
    net = Net()
    x = net.dense(net.input(1, 300, 256), 256, 4)
    boxes = net.op("Sigmoid", x, name="boxes")
    said = checked(net, net.dense(boxes, 4, 256))
    assert said.reason("boxes") == GATE


@pytest.mark.parametrize("kind", ["Sigmoid", "Softplus"])
def test_what_scales_what_layers_read_is_no_activation(kind: str) -> None:
    net, x = start()
    scale = net.op(kind, net.conv(x, 64), name="scale")
    said = checked(net, net.conv(net.op("Mul", x, scale), 64))
    assert said.reason("scale") == GATE


def test_what_a_gate_lets_through_is_no_activation() -> None:
    net, x = start()
    new = net.op("Tanh", net.conv(x, 64), name="new")
    said = checked(net, net.conv(net.op("Mul", net.op("Sigmoid", net.conv(x, 64)), new), 64))
    assert said.reason("new") == GATE


def test_a_logarithm_of_a_scale_is_no_activation() -> None:
    net, x = start()
    scale = net.op("Exp", net.op("Tanh", net.conv(x, 64), name="scale"))
    said = checked(net, net.conv(net.op("Mul", x, scale), 64))
    assert said.reason("scale") == GATE


def test_places_where_another_operator_looks_are_no_activation() -> None:
    net, x = start()
    grid = net.op("Tanh", net.conv(x, 2), name="grid")
    rows = net.op("Transpose", grid, perm=[0, 2, 3, 1])
    said = checked(net, net.conv(net.op("GridSample", x, rows), 64))
    assert said.reason("grid") == GATE


def test_the_mask_of_a_deformable_conv_is_no_activation() -> None:
    net, x = start()
    mask = net.op("Sigmoid", net.conv(x, 9, 3), name="mask")
    weight = net.weight("deform.weight", 64, 64, 3, 3)
    y = net.op("DeformConv", x, weight, net.conv(x, 18, 3), "", mask, pads=[1, 1, 1, 1])
    said = checked(net, net.conv(y, 64))
    assert said.reason("mask") == GATE


def test_a_variance_that_is_an_output_is_no_activation() -> None:
    net, x = start()
    said = checked(net, net.op("Softplus", x, name="variance"))
    assert said.reason("variance") == GATE


@pytest.mark.parametrize("kind", ["Sigmoid", "Tanh", "LeakyRelu"])
def test_what_a_layer_reads_is_an_activation(kind: str) -> None:
    net, x = start()
    pooled = net.op("AveragePool", net.op(kind, x), kernel_shape=[2, 2], strides=[2, 2])
    assert f"activation {kind}" in decisions(checked(net, net.conv(pooled, 64)))


def test_what_a_layer_reads_beside_a_gate_is_an_activation() -> None:
    net, x = start()
    y = net.op("Sigmoid", x)
    y = net.op("Add", net.op("Mul", y, x), net.conv(y, 64))
    assert "activation Sigmoid" in decisions(checked(net, y))


def test_a_pyramid_s_merge_is_no_shortcut() -> None:
    net, x = start()
    deep = net.op("Relu", net.conv(x, 128, 3, stride=2))
    deep = net.conv(net.op("Relu", net.conv(deep, 128, 3)), 64)
    up = net.op("ConvTranspose", deep, net.weight("up.weight", 64, 64, 2, 2), strides=[2, 2])
    merged = net.op("Add", net.conv(x, 64), up, name="merge")
    said = checked(net, net.conv(merged, 64, 3))
    assert said.reason("merge") == "it merges maps of a pyramid"


def test_a_shortcut_in_a_decoder_is_a_shortcut() -> None:
    net, x = start()
    x = net.op("ConvTranspose", x, net.weight("up.weight", 64, 64, 2, 2), strides=[2, 2])
    y = net.conv(net.op("Relu", net.conv(x, 64, 3)), 64, 3)
    said = checked(net, net.conv(net.op("Add", x, y), 64))
    assert "residual Add" in decisions(said)


def test_the_refinement_of_boxes_is_no_shortcut() -> None:
    net = Net()
    boxes = net.dense(net.input(1, 300, 256), 256, 4)
    delta = net.dense(net.op("Relu", net.dense(boxes, 4, 256)), 256, 4)
    said = checked(net, net.op("Add", boxes, delta, name="refine"))
    assert said.reason("refine") == "it refines boxes or points"


def test_a_gather_of_windows_between_two_transposes_is_priced_without_it() -> None:
    """It brings a dim, so that without it the two are of different ranks."""
    net, x = start()
    rows = net.op("Transpose", x, perm=[0, 2, 3, 1])
    places = net._next("places")
    net._weights.append(helper.make_tensor(places, TensorProto.INT64, [50, 7], [0] * 350))
    windows = net.op("Gather", rows, places, axis=1, name="windows")
    turned = net.op("Transpose", windows, perm=[0, 1, 4, 2, 3])
    said = checked(net, net.op("Relu", turned))
    assert "movement Gather" in decisions(said)
