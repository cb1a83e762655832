from __future__ import annotations

import re
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import onnx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from onnx import TensorProto, helper

from archlint.cost.kernels.kernel import Kernel
from archlint.cost.lowering.lower import lower
from archlint.cost.pricer import Pricer
from archlint.cost.target import Target, load_target
from archlint.cost.target_files import SHIPPED, files_of
from archlint.graph.reader import read_model
from archlint.graph.widths import find_widths
from archlint.linter.check_rule import PricedPlace, price_place
from archlint.results.findings import Severity
from archlint.rule import Limit, Nature, Place, Silence, View
from archlint.rules.g4_elementwise.evidence import Evidence
from archlint.rules.g4_elementwise.rule import ElementWise

ROOT = Path(__file__).parents[2]
MODELS = ROOT / "tests" / "models"
REMOVALS = ("residual", "squeeze-excite", "movement", "normalisation")


@cache
def target(name: str = "gtx1080ti-cudnn7-fp32") -> Target:
    return load_target(files_of(SHIPPED / name))


def fusing(*activations: str) -> Target:
    lowering = replace(target().lowering, fuse=frozenset(activations))
    return replace(target(), lowering=lowering)


def view_of(model: str | onnx.ModelProto, on: Target | None = None) -> View:
    read, on = read_model(model), on or target()
    lowered, pricer = lower(read, on.lowering), Pricer(on)
    total = pricer.total(k.kernel for k in lowered.kernels if pricer.price(k.kernel))
    assert total is not None
    return View(read, on, lowered, pricer, find_widths(read), total.seconds, {})


def said(view: View) -> list[PricedPlace | Silence]:
    found = ElementWise().check(view)
    return [each if isinstance(each, Silence) else price_place(view, each) for each in found]


def places(view: View, source: str = "") -> list[PricedPlace]:
    found = [each for each in said(view) if isinstance(each, PricedPlace)]
    return [each for each in found if not source or evidence(each).source == source]


def evidence(place: Place) -> Evidence:
    assert isinstance(place.evidence, Evidence)
    return place.evidence


def reasons(view: View) -> dict[str, str]:
    """The reason for each silent operator, by the operator's name."""
    return {
        view.model.operators[index].name: each.reason
        for each in said(view)
        if isinstance(each, Silence)
        for index in each.operators
    }


def texts(kernels: tuple[Kernel, ...]) -> list[str]:
    return [kernel.text for kernel in kernels]


class Net:
    """A small network: each method adds an operator and gives its output's name.

    An operator is named after its output.
    """

    def __init__(self, *shape: int) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.weights: list[onnx.TensorProto] = []
        self.inputs = [helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)]

    def op(self, kind: str, name: str, *inputs: str, **attributes: Any) -> str:
        self.nodes.append(helper.make_node(kind, list(inputs), [name], name=name, **attributes))
        return name

    def weight(self, name: str, *dims: int) -> str:
        weight = onnx.TensorProto(name=name, dims=dims, data_type=TensorProto.FLOAT)
        self.weights.append(weight)
        return name

    def ints(self, name: str, *values: int) -> str:
        self.weights.append(helper.make_tensor(name, TensorProto.INT64, [len(values)], values))
        return name

    def conv(
        self, name: str, x: str, c_in: int, c_out: int, k: int = 1, groups: int = 1, stride: int = 1
    ) -> str:
        weight = self.weight(f"{name}.weight", c_out, c_in // groups, k, k)
        pads = [k // 2] * 4
        return self.op("Conv", name, x, weight, group=groups, pads=pads, strides=[stride] * 2)

    def silu(self, name: str, x: str) -> str:
        return self.op("Mul", name, x, self.op("Sigmoid", f"{name}.sigmoid", x))

    def norm(self, name: str, x: str, channels: int) -> str:
        names = ("scale", "bias", "mean", "var")
        weights = [self.weight(f"{name}.{each}", channels) for each in names]
        return self.op("BatchNormalization", name, x, *weights)

    def model(self, *outputs: str) -> onnx.ModelProto:
        infos = [helper.make_empty_tensor_value_info(name) for name in outputs]
        graph = helper.make_graph(self.nodes, "net", self.inputs, infos, self.weights)
        return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])

    def view(self, *outputs: str, on: Target | None = None) -> View:
        return view_of(self.model(*outputs), on)


# activation


def test_an_unfused_activation_is_compared_with_a_fused_relu() -> None:
    net = Net(1, 64, 56, 56)
    net.silu("y", net.conv("conv", "x", 64, 64))
    view = net.view("y")
    (place,) = places(view)
    assert str(place.decision) == "activation SiLU"
    assert place.summary == "SiLU runs as a kernel of its own"
    assert texts(view.kernels(place.kernels)) == ["Conv 64>64 k1x1 @56x56", "SiLU 64 @56x56"]
    assert texts(place.instead_kernels) == ["Conv 64>64 k1x1 @56x56 +Relu"]
    assert place.comparison.slowdown > 1
    assert place.kernels == (0, 1)
    assert place.nature is Nature.REDESIGN
    assert place.limit is None


def test_the_evidence_is_what_the_activation_itself_costs() -> None:
    net = Net(1, 64, 56, 56)
    net.silu("y", net.conv("conv", "x", 64, 64))
    view = net.view("y")
    shown = evidence(places(view)[0])
    price = view.pricer.price(view.lowered.kernels[1].kernel)
    assert price is not None
    assert (shown.source, shown.op) == ("activation", "SiLU")
    assert shown.bytes_moved == 2 * 4 * 64 * 56 * 56
    assert shown.share == pytest.approx(price.seconds / view.total)


def test_all_activations_of_a_kind_are_one_decision() -> None:
    net = Net(1, 64, 56, 56)
    x = net.silu("silu1", net.conv("first.0", "x", 64, 64))
    x = net.silu("silu2", net.conv("second.1", x, 64, 64))
    net.op("HardSwish", "y", net.conv("third", x, 64, 64))
    found = [str(place.decision) for place in places(net.view("y"))]
    assert found == ["activation SiLU", "activation SiLU", "activation HardSwish"]


def test_a_fused_relu_is_silent() -> None:
    net = Net(1, 64, 56, 56)
    net.op("Relu", "y", net.conv("conv", "x", 64, 64))
    view = net.view("y")
    assert places(view) == []
    assert reasons(view) == {"y": "Relu is the cheapest activation already"}


def test_a_relu_on_its_own_is_silent() -> None:
    net = Net(1, 64, 56, 56)
    x = net.conv("conv", "x", 64, 64)
    net.op("Relu", "y", x)
    view = net.view("y", x)
    assert [placed.kernel.op for placed in view.lowered.kernels] == ["Conv", "Relu"]
    assert places(view) == []


def test_a_fused_activation_is_compared_with_the_relu_in_its_place() -> None:
    net = Net(1, 64, 56, 56)
    net.op("HardSwish", "y", net.conv("conv", "x", 64, 64))
    view = net.view("y", on=fusing("Relu", "HardSwish"))
    (place,) = places(view)
    assert place.summary == "HardSwish is fused, but dearer than Relu"
    assert texts(view.kernels(place.kernels)) == ["Conv 64>64 k1x1 @56x56 +HardSwish"]
    assert texts(place.instead_kernels) == ["Conv 64>64 k1x1 @56x56 +Relu"]


def test_an_activation_that_nothing_can_take_up_stays_a_kernel() -> None:
    net = Net(1, 64, 56, 56)
    x = net.conv("conv", "x", 64, 64)
    net.silu("y", x)
    (place,) = places(net.view("y", x))
    assert texts(place.instead_kernels) == ["Relu 64 @56x56"]
    assert place.instead == "Relu on its own"
    assert place.comparison.slowdown == pytest.approx(1)


def test_a_target_that_fuses_no_relu_says_so() -> None:
    net = Net(1, 64, 56, 56)
    net.silu("y", net.conv("conv", "x", 64, 64))
    view = net.view("y", on=fusing())
    assert places(view) == []
    assert reasons(view) == {"y": "gtx1080ti-cudnn7-fp32 fuses no Relu"}


@pytest.mark.parametrize("gate", ["Sigmoid", "HardSigmoid"])
def test_a_gate_is_silent(gate: str) -> None:
    net = Net(1, 64, 56, 56)
    x = net.op(gate, "gate", net.conv("gate_conv", "x", 64, 64))
    net.op("Mul", "y", net.conv("conv", "x", 64, 64), x)
    assert reasons(net.view("y"))["gate"].startswith("a gate or an output")
    assert places(net.view("y"), "activation") == []


def test_a_sigmoid_that_makes_an_output_is_silent() -> None:
    net = Net(1, 64, 56, 56)
    net.op("Sigmoid", "y", net.conv("conv", "x", 64, 64))
    assert reasons(net.view("y"))["y"].startswith("a gate or an output")


def test_a_sigmoid_between_layers_is_an_activation() -> None:
    net = Net(1, 64, 56, 56)
    x = net.op("Sigmoid", "act", net.conv("conv", "x", 64, 64))
    net.conv("y", x, 64, 64)
    assert [str(place.decision) for place in places(net.view("y"))] == ["activation Sigmoid"]


# residual


def residual_net(*, skip_first: bool = False) -> Net:
    net = Net(1, 64, 56, 56)
    x = net.op("Relu", "start", net.conv("stem", "x", 64, 64))
    main = net.conv("conv2", net.op("Relu", "act", net.conv("conv1", x, 64, 64)), 64, 64)
    net.op("Relu", "y", net.op("Add", "add", *((x, main) if skip_first else (main, x))))
    return net


@pytest.mark.parametrize("skip_first", [False, True])
def test_a_shortcut_is_compared_with_its_main_path_alone(skip_first: bool) -> None:
    view = residual_net(skip_first=skip_first).view("y")
    (place,) = places(view)
    assert texts(view.kernels(place.kernels)) == ["Conv 64>64 k1x1 @56x56", "Add 64 @56x56 +Relu"]
    assert texts(place.instead_kernels) == ["Conv 64>64 k1x1 @56x56 +Relu"]
    assert str(place.decision) == "residual Add"
    assert place.nature is Nature.UPPER_BOUND
    assert place.comparison.slowdown > 1


def test_what_was_fused_behind_an_add_runs_alone_where_the_main_path_has_another_reader() -> None:
    (place,) = places(residual_net().view("y", "conv2"))
    assert texts(place.instead_kernels) == ["Conv 64>64 k1x1 @56x56", "Relu 64 @56x56"]


def test_a_projected_shortcut_is_a_shortcut() -> None:
    net = Net(1, 64, 56, 56)
    x = net.op("Relu", "start", net.conv("stem", "x", 64, 64))
    main = net.conv("conv2", net.op("Relu", "act", net.conv("conv1", x, 64, 64)), 64, 128)
    net.op("Add", "y", main, net.conv("projection", x, 64, 128))
    view = net.view("y")
    (place,) = places(view)
    assert texts(view.kernels(place.kernels)) == ["Conv 64>128 k1x1 @56x56", "Add 128 @56x56"]


def test_an_add_of_two_convs_of_one_tensor_is_no_shortcut() -> None:
    net = Net(1, 64, 56, 56)
    net.op("Add", "y", net.conv("left", "x", 64, 64, 3), net.conv("right", "x", 64, 64))
    view = net.view("y")
    assert places(view) == []
    assert reasons(view)["y"].startswith("it joins branches")


def test_an_add_of_a_constant_is_no_shortcut() -> None:
    net = Net(1, 64, 56, 56)
    x = net.op("Relu", "relu", net.conv("conv", "x", 64, 64))
    net.op("Add", "y", x, net.weight("bias", 1, 64, 1, 1))
    assert reasons(net.view("y"))["y"] == "it adds a constant"


def test_a_bias_runs_with_its_conv() -> None:
    net = Net(1, 64, 56, 56)
    net.op("Add", "y", net.conv("conv", "x", 64, 64), net.weight("bias", 1, 64, 1, 1))
    assert reasons(net.view("y")) == {}


def test_an_add_of_a_smaller_tensor_is_no_shortcut() -> None:
    net = Net(1, 64, 56, 56)
    x = net.conv("conv", "x", 64, 64)
    net.op("Add", "y", x, net.op("GlobalAveragePool", "pool", x))
    assert reasons(net.view("y")) == {"y": "its operands differ in shape"}


def test_a_sum_of_three_is_no_shortcut() -> None:
    net = Net(1, 64, 56, 56)
    convs = [net.conv(name, "x", 64, 64) for name in ("a", "b", "c")]
    net.op("Sum", "y", *convs)
    assert reasons(net.view("y")) == {"y": "it adds more than two tensors"}


def test_a_shortcut_of_the_input_itself_is_a_shortcut() -> None:
    net = Net(1, 64, 56, 56)
    net.op("Add", "y", "x", net.conv("conv", "x", 64, 64))
    assert len(places(net.view("y"), "residual")) == 1


def test_an_add_of_the_input_and_nothing_else_has_no_layers_to_go_around() -> None:
    net = Net(1, 64, 56, 56)
    net.op("Add", "y", net.op("MaxPool", "pool", "x", kernel_shape=[1, 1]), "x")
    assert places(net.view("y")) == []


# normalisation


def test_a_batch_norm_that_cannot_fold_is_an_upper_bound() -> None:
    net = Net(1, 64, 56, 56)
    x = net.op("Relu", "act", net.conv("conv", "x", 64, 64))
    net.op("Relu", "y", net.norm("norm", x, 64))
    view = net.view("y")
    (place,) = places(view)
    assert evidence(place).source == "normalisation"
    assert texts(view.kernels(place.kernels)) == [
        "Conv 64>64 k1x1 @56x56 +Relu",
        "BatchNormalization 64 @56x56 +Relu",
    ]
    assert texts(place.instead_kernels) == ["Conv 64>64 k1x1 @56x56 +Relu +Relu"]
    assert place.nature is Nature.UPPER_BOUND


def test_a_batch_norm_that_folds_costs_nothing() -> None:
    net = Net(1, 64, 56, 56)
    net.op("Relu", "y", net.norm("norm", net.conv("conv", "x", 64, 64), 64))
    assert places(net.view("y")) == []


def of_eager(net: Net, output: str) -> list[PricedPlace]:
    """On a runtime that folds and fuses nothing."""
    lowering = replace(target().lowering, fold=frozenset(), fuse=frozenset())
    return places(net.view(output, on=replace(target(), lowering=lowering)), "normalisation")


def test_a_batch_norm_that_its_layer_could_hold_is_left_to_r1() -> None:
    net = Net(1, 64, 56, 56)
    net.norm("norm", net.conv("conv", "x", 64, 64), 64)
    lowering = replace(target().lowering, fold=frozenset(), fuse=frozenset())
    said_of = reasons(net.view("norm", on=replace(target(), lowering=lowering)))
    assert said_of["norm"] == "its layer's weights could hold it: see R1"


def test_a_batch_norm_whose_layer_something_else_reads_or_that_follows_none_folds_nowhere() -> None:
    net = Net(1, 64, 56, 56)
    conv = net.conv("conv", "x", 64, 64)
    behind = net.norm("behind", net.op("Relu", "a", conv), 64)
    net.op("Add", "y", net.norm("norm", conv, 64), behind)
    found = of_eager(net, "y")
    assert [each.nature for each in found] == [Nature.UPPER_BOUND] * 2
    net = Net(1, 64, 56, 56)
    net.norm("y", net.conv("conv", "x", 64, 64), 64)
    lowering = replace(target().lowering, fold=frozenset(), fuse=frozenset())
    view = net.view("y", "conv", on=replace(target(), lowering=lowering))
    assert [each.nature for each in places(view)] == [Nature.UPPER_BOUND]


def test_layer_norm_and_softmax_are_silent_with_their_share() -> None:
    net = Net(1, 196, 384)
    x = net.op("LayerNormalization", "norm", "x", net.weight("scale", 384))
    net.op("Softmax", "y", x)
    view = net.view("y")
    assert places(view) == []
    said = reasons(view)
    assert re.match(r"LayerNormalization: \d+\.\d% of the model's time;", said["norm"])
    assert re.match(r"Softmax: \d+\.\d% of the model's time;", said["y"])


# depthwise


def inverted_net(
    c_in: int, middle: int, c_out: int, k: int = 3, *, stride: int = 1, size: int = 14
) -> Net:
    net = Net(1, 16, size, size)
    x = net.conv("stem", "x", 16, c_in)
    x = net.op("Relu", "act1", net.conv("expand", x, c_in, middle))
    x = net.op("Relu", "act2", net.conv("depthwise", x, middle, middle, k, middle, stride))
    net.conv("tail", net.conv("project", x, middle, c_out), c_out, 16)
    return net


def test_an_inverted_bottleneck_is_compared_with_the_fused_block_of_equal_flops() -> None:
    view = inverted_net(160, 960, 160, size=7).view("tail")
    (place,) = places(view)
    assert place.now == "1x1 conv 160 > 960, 3x3 depthwise, 1x1 conv 960 > 160"
    assert place.instead == "3x3 conv 160 > 200, 1x1 conv 200 > 160"
    assert texts(view.kernels(place.kernels)) == [
        "Conv 160>960 k1x1 @7x7 +Relu",
        "Conv 960>960 k3x3 g960 @7x7 +Relu",
        "Conv 960>160 k1x1 @7x7",
    ]
    assert texts(place.instead_kernels) == [
        "Conv 160>200 k3x3 @7x7 +Relu",
        "Conv 200>160 k1x1 @7x7",
    ]
    assert place.nature is Nature.REDESIGN


def test_a_stride_stays_with_the_dense_conv() -> None:
    (place,) = places(inverted_net(16, 96, 24, stride=2, size=112).view("tail"))
    assert texts(place.instead_kernels)[0] == "Conv 16>56 k3x3 s2x2 @112x112>56x56 +Relu"


def test_a_fused_block_that_hardly_expands_is_a_note() -> None:
    (place,) = places(inverted_net(160, 960, 160, size=7).view("tail"))
    reason = "few networks are built of blocks that fuse 160 > 200 channels"
    assert place.limit == Limit(Severity.NOTE, reason)
    (place,) = places(inverted_net(16, 96, 24, stride=2, size=112).view("tail"))
    assert place.limit is None


def test_what_the_time_of_now_buys_is_a_wider_fused_block() -> None:
    view = inverted_net(16, 96, 24, stride=2, size=112).view("tail")
    (place,) = places(view)
    (wider,) = place.choices
    assert wider.at_equal_time
    assert wider.kernels[0].c_out > place.instead_kernels[0].c_out
    now = view.pricer.seconds(view.kernels(place.kernels)) or 0.0
    assert (view.pricer.seconds(wider.kernels) or 0.0) <= now


def test_unfused_activations_and_squeeze_excite_follow_the_middle_width() -> None:
    net = Net(1, 160, 7, 7)
    x = net.silu("act1", net.conv("expand", net.conv("stem", "x", 160, 160), 160, 960))
    x = net.silu("act2", net.conv("depthwise", x, 960, 960, 3, 960))
    gate = net.conv("se1", net.op("GlobalAveragePool", "pool", x), 960, 40)
    gate = net.op("Sigmoid", "gate", net.conv("se2", net.op("Relu", "act3", gate), 40, 960))
    net.conv("tail", net.conv("project", net.op("Mul", "scale", x, gate), 960, 160), 160, 16)
    (place,) = places(net.view("tail"), "depthwise")
    assert texts(place.instead_kernels) == [
        "Conv 160>200 k3x3 @7x7",
        "SiLU 200 @7x7",
        "GlobalAveragePool 200 @7x7>1",
        "Conv 200>40 k1x1 @1x1 +Relu",
        "Conv 40>200 k1x1 @1x1",
        "Sigmoid 200 @1x1",
        "Mul 200 @7x7 n1",
        "Conv 200>160 k1x1 @7x7",
    ]


@settings(max_examples=30)
@given(
    st.integers(1, 24), st.integers(2, 8), st.integers(1, 24), st.sampled_from([3, 5]),
    st.sampled_from([1, 2]),
)  # fmt: skip
def test_the_fused_block_has_equal_flops_and_an_aligned_middle(
    c_in: int, expansion: int, c_out: int, k: int, stride: int
) -> None:
    c_in, c_out = 8 * c_in, 8 * c_out
    view = inverted_net(c_in, expansion * c_in, c_out, k, stride=stride).view("tail")
    for place in places(view):
        before = sum(kernel.flops for kernel in view.kernels(place.kernels))
        after = sum(kernel.flops for kernel in place.instead_kernels)
        dense, project = place.instead_kernels
        assert before <= after <= 1.03 * before
        assert dense.c_out == project.c_in
        assert dense.c_out % 8 == 0
        assert dense.c_out >= min(c_in, c_out)


@pytest.mark.parametrize(
    ("widths", "reason"),
    [
        ((24, 144, 24, 3), "no aligned width has equal FLOPs: the fused block at 40 has 1.17"),
        ((192, 1152, 192, 5), "the fused block of equal FLOPs has 96 channels inside, 192 outside"),
        ((128, 128, 256, 3), "no conv expands before it; one dense conv"),
    ],
)
def test_no_fused_block_without_equal_flops(widths: tuple[int, int, int, int], reason: str) -> None:
    view = inverted_net(*widths).view("tail")
    assert places(view) == []
    assert reasons(view)["depthwise"].startswith(reason)


def test_a_depthwise_conv_after_a_dense_3x3_conv_is_in_no_inverted_bottleneck() -> None:
    net = Net(1, 16, 14, 14)
    x = net.conv("dense", "x", 16, 160, 3)
    net.conv("project", net.conv("depthwise", x, 160, 160, 3, 160), 160, 16)
    said = reasons(net.view("project"))["depthwise"]
    assert said == "0 1x1 convs lead to it and 1 from it: no inverted bottleneck"


def test_a_depthwise_conv_that_multiplies_channels_is_none_of_its_business() -> None:
    net = Net(1, 16, 14, 14)
    x = net.conv("expand", "x", 16, 160)
    net.conv("project", net.conv("depthwise", x, 160, 320, 3, 160), 320, 16)
    assert "depthwise" not in reasons(net.view("project"))


def test_a_depthwise_conv_next_to_group_convs_is_left_to_g2() -> None:
    net = Net(1, 160, 7, 7)
    x = net.conv("depthwise", net.conv("expand", "x", 160, 960, 1, 4), 960, 960, 3, 960)
    net.conv("y", net.conv("project", x, 960, 160, 1, 4), 160, 16)
    said = reasons(net.view("y"))["depthwise"]
    assert said == "group convs stand next to it: see G2"


def test_a_depthwise_conv_whose_width_a_concat_ties_is_silent() -> None:
    net = Net(1, 160, 7, 7)
    x = net.conv("depthwise", net.conv("expand", "x", 160, 960), 960, 960, 3, 960)
    net.conv("y", net.op("Concat", "cat", x, "x", axis=1), 1120, 160)
    said = reasons(net.view("y"))["depthwise"]
    assert said == "its width cannot change: a Concat ties an inner width"


def test_a_depthwise_conv_whose_width_is_an_output_is_silent() -> None:
    net = Net(1, 160, 7, 7)
    x = net.conv("depthwise", net.conv("expand", "x", 160, 960), 960, 960, 3, 960)
    net.conv("y", x, 960, 160)
    said = reasons(net.view("y", x))["depthwise"]
    assert said == "its width cannot change: it is an output of the model"


def test_a_shortcut_around_a_depthwise_conv_keeps_it() -> None:
    net = Net(1, 160, 7, 7)
    x = net.conv("expand", "x", 160, 960)
    x = net.op("Add", "add", x, net.conv("depthwise", x, 960, 960, 3, 960))
    net.conv("y", net.conv("project", x, 960, 160), 160, 16)
    assert reasons(net.view("y"))["depthwise"] == "another path shares its width"


def test_two_depthwise_convs_of_one_width_are_silent() -> None:
    net = Net(1, 160, 7, 7)
    x = net.conv("depthwise1", net.conv("expand", "x", 160, 960), 960, 960, 3, 960)
    x = net.conv("depthwise2", x, 960, 960, 3, 960)
    net.conv("y", net.conv("project", x, 960, 160), 160, 16)
    assert reasons(net.view("y"))["depthwise1"] == "several depthwise convs share its width"


# squeeze-excite


def excite_net(pooled: str = "conv") -> Net:
    net = Net(1, 64, 28, 28)
    other = net.conv("other", "x", 64, 64)
    x = net.conv("conv", other, 64, 64)
    gate = net.conv("se1", net.op("GlobalAveragePool", "pool", pooled), 64, 16)
    gate = net.conv("se2", net.op("Relu", "act", gate), 16, 64)
    net.op("Mul", "y", x, net.op("Sigmoid", "gate", gate))
    return net


def test_a_squeeze_excite_block_is_compared_with_none() -> None:
    view = excite_net().view("y")
    (place,) = places(view)
    assert str(place.decision) == "squeeze-excite"
    names = [view.model.operators[index].name for index in place.operators]
    assert names == ["y", "pool", "se1", "act", "se2", "gate"]
    assert texts(view.kernels(place.kernels)) == [
        "Conv 64>64 k1x1 @28x28",
        "GlobalAveragePool 64 @28x28>1",
        "Conv 64>16 k1x1 @1x1 +Relu",
        "Conv 16>64 k1x1 @1x1",
        "Sigmoid 64 @1x1",
        "Mul 64 @28x28 n1",
    ]
    assert texts(place.instead_kernels) == ["Conv 64>64 k1x1 @28x28"]
    assert place.nature is Nature.UPPER_BOUND


def test_a_gate_from_another_tensor_is_no_squeeze_excite() -> None:
    view = excite_net("other").view("y")
    assert places(view) == []
    assert reasons(view)["y"] == "its gate is not computed from a global pool of its input"


def test_a_gate_that_comes_from_outside_is_no_squeeze_excite() -> None:
    net = Net(1, 64, 28, 28)
    net.inputs.append(helper.make_tensor_value_info("gate", TensorProto.FLOAT, (1, 64, 1, 1)))
    net.op("Mul", "y", net.conv("conv", "x", 64, 64), "gate")
    assert places(net.view("y")) == []


def test_a_product_of_equal_shapes_is_no_candidate() -> None:
    net = Net(1, 64, 28, 28)
    net.op("Mul", "y", net.conv("left", "x", 64, 64), net.conv("right", "x", 64, 64))
    assert list(ElementWise().check(net.view("y"))) == []


# movement


def test_a_channel_shuffle_is_one_place() -> None:
    net = Net(1, 116, 28, 28)
    x = net.conv("conv", "x", 116, 116)
    x = net.op("Reshape", "split", x, net.ints("split_shape", 1, 2, 58, 28, 28))
    x = net.op("Transpose", "swap", x, perm=[0, 2, 1, 3, 4])
    x = net.op("Reshape", "join", x, net.ints("join_shape", 1, 116, 28, 28))
    net.conv("y", x, 116, 116)
    (place,) = places(net.view("y"))
    assert str(place.decision) == "movement channel shuffle"
    assert texts(place.instead_kernels) == ["Conv 116>116 k1x1 @28x28"]
    assert place.nature is Nature.UPPER_BOUND


def test_a_concat_is_compared_with_the_kernel_before_it() -> None:
    net = Net(1, 64, 28, 28)
    net.op("Concat", "y", net.conv("left", "x", 64, 64), net.conv("right", "x", 64, 32, 3), axis=1)
    view = net.view("y")
    (place,) = places(view)
    assert texts(view.kernels(place.kernels)) == [
        "Conv 64>32 k3x3 @28x28",
        "Concat 48>96 @28x28 n2",
    ]
    assert texts(place.instead_kernels) == ["Conv 64>32 k3x3 @28x28"]


def test_at_the_start_of_a_model_the_kernel_after_it_stands_in() -> None:
    net = Net(1, 28, 28, 64)
    net.conv("y", net.op("Transpose", "t", "x", perm=[0, 3, 1, 2]), 64, 64)
    (place,) = places(net.view("y"))
    assert texts(place.instead_kernels) == ["Conv 64>64 k1x1 @28x28"]


def test_a_model_of_one_transpose_has_nothing_to_compare_with() -> None:
    net = Net(1, 28, 28, 64)
    view = net.view(net.op("Transpose", "t", "x", perm=[0, 3, 1, 2]))
    assert reasons(view) == {"t": "no kernel with a price stands next to it"}


def test_slice_and_split_are_movement() -> None:
    net = Net(1, 64, 28, 28)
    x = net.conv("conv", "x", 64, 64)
    bounds = [net.ints("starts", 0), net.ints("ends", 32), net.ints("axes", 1)]
    net.op("Slice", "y", x, *bounds)
    net.nodes.append(helper.make_node("Split", [x], ["a", "b"], name="split", axis=1))
    found = [str(place.decision) for place in places(net.view("y", "a", "b"))]
    assert sorted(found) == ["movement Slice", "movement Split"]


@pytest.mark.parametrize("perm", [[0, 2, 1], [1, 0, 2]])
def test_a_transpose_of_dims_of_size_one_is_silent(perm: list[int]) -> None:
    net = Net(1, 1, 64)
    view = net.view(net.op("Transpose", "t", "x", perm=perm))
    assert reasons(view) == {"t": "it only moves dims of size 1"}


def test_a_lookup_in_constants_is_silent() -> None:
    net = Net(1, 16)
    net.inputs = [helper.make_tensor_value_info("x", TensorProto.INT64, (1, 16))]
    view = net.view(net.op("Gather", "y", net.weight("table", 100, 64), "x"))
    assert reasons(view) == {"y": "it looks up constants"}


def test_movement_of_indices_is_silent() -> None:
    net = Net(1, 16)
    net.inputs = [helper.make_tensor_value_info("x", TensorProto.INT64, (1, 16))]
    view = net.view(net.op("Concat", "y", "x", "x", axis=0))
    assert reasons(view) == {"y": "it moves indices or sizes"}


def test_a_resize_computes_and_is_silent() -> None:
    net = Net(1, 64, 28, 28)
    sizes = net.ints("sizes", 1, 64, 56, 56)
    view = net.view(net.op("Resize", "y", net.conv("conv", "x", 64, 64), "", "", sizes))
    assert reasons(view) == {"y": "Resize does more than move data"}


def test_numbered_modules_are_one_decision() -> None:
    net = Net(1, 64, 28, 28)
    x = net.conv("stem", "x", 64, 64)
    for name in ("/layer1/layer1.0", "/layer1/layer1.1", "/layer2/layer2.0"):
        main = net.conv(f"{name}/conv", x, 64, 64)
        x = net.op("Add", f"{name}/Add", main, x)
    assert {str(place.decision) for place in places(net.view(x))} == {"residual Add layer*.*"}


# real models


REAL = [*sorted((ROOT / "examples" / "onnx").glob("*.onnx")), *sorted(MODELS.glob("*.onnx"))]


@pytest.mark.parametrize(
    ("model", "decision", "count"),
    [
        ("tests/models/tv_efficientnet_b0.dynamo.onnx", "activation SiLU", 49),
        ("tests/models/tv_efficientnet_b0.dynamo.onnx", "squeeze-excite", 16),
        ("tests/models/tv_mobilenet_v3_large.ts.onnx", "activation HardSwish", 21),
        ("tests/models/tv_mobilenet_v3_large.ts.onnx", "squeeze-excite", 8),
        ("tests/models/tv_shufflenet_v2_x1_0.dynamo.onnx", "movement channel shuffle stage*.*", 16),
        ("tests/models/tv_resnet50.dynamo.onnx", "residual Add layer*.*", 16),
        ("examples/onnx/shufflenet_v1_g3.onnx", "movement channel shuffle stages.*.*", 16),
        ("examples/onnx/shufflenet_v2.onnx", "movement channel shuffle stages.*.*", 16),
        ("examples/onnx/resnet18.onnx", "residual Add layer*.*", 8),
        ("examples/onnx/vit_s16.onnx", "activation Gelu", 12),
        ("examples/onnx/vit_s16.onnx", "residual Add blocks.*", 24),
    ],
)
def test_decisions_of_real_models(model: str, decision: str, count: int) -> None:
    found = [str(place.decision) for place in places(view_of(str(ROOT / model)))]
    assert found.count(decision) == count


@pytest.mark.parametrize("model", ["vgg16", "mobilenet_v1", "repvgg_a0_deploy"])
def test_plain_networks_have_no_places(model: str) -> None:
    assert places(view_of(str(ROOT / "examples" / "onnx" / f"{model}.onnx"))) == []


@pytest.mark.parametrize("model", REAL, ids=lambda path: path.stem)
@pytest.mark.parametrize("name", ["gtx1080ti-cudnn7-fp32", "snapdragon810-neon-fp32"])
def test_places_are_sound(model: Path, name: str) -> None:
    view = view_of(str(model), target(name))
    for place in places(view):
        assert set(place.kernels) >= {
            view.lowered.home[index] for index in place.operators if index in view.lowered.home
        }
        assert 0 <= evidence(place).share <= 1
        is_bound = evidence(place).source in REMOVALS
        assert place.nature is (Nature.UPPER_BOUND if is_bound else Nature.REDESIGN)
        if is_bound:
            assert place.comparison.slowdown >= 1, "removing something must not cost time"
