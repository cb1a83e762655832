from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest
from onnx import TensorProto, helper

from archlint.cost.kernels.kind import Kind
from archlint.cost.lowering.lower import Change, Lowered, lower
from archlint.graph import Model, read_model
from archlint.testing import Net
from tests.cost.paper_targets import GPU
from tests.graph.making import model, value

RULES = GPU.lowering


def texts(lowered: Lowered) -> list[str]:
    return [placed.kernel.text for placed in lowered.kernels]


def indices(model: Model, *names: str) -> list[int]:
    by_name = {op.name: op.index for op in model.operators}
    return [by_name[name] for name in names]


def lowered_texts(net: Net, *outputs: str) -> list[str]:
    return texts(lower(net.model(*outputs), RULES))


def test_a_batch_norm_folds_and_a_relu_fuses_into_the_conv_before() -> None:
    net = Net()
    conv = net.conv(net.input(1, 3, 8, 8), 16, 3, name="conv")
    norm = net.norm(conv)
    relu = net.op("Relu", norm)
    model = net.model(net.conv(relu, 8, name="next"))
    lowered = lower(model, RULES)
    assert texts(lowered) == ["Conv 3>16 k3x3 @8x8 +Relu", "Conv 16>8 k1x1 @8x8"]
    first = indices(model, conv, norm, relu)
    assert lowered.kernels[0].operators == tuple(first)
    assert [lowered.home[index] for index in first] == [0, 0, 0]
    assert lowered.unpriced == ()


@pytest.mark.parametrize("before", ["x", "Relu", "Add", "pool"])
def test_a_batch_norm_folds_only_into_a_kernel_with_weights(before: str) -> None:
    net = Net()
    x = net.input(1, 16, 8, 8)
    if before == "Relu":
        # with its epilogue between, the conv's weights are out of reach
        x = net.op("Relu", net.conv(x, 16))
    elif before == "Add":
        x = net.op("Add", x, net.input(1, 16, 8, 8, name="other"))
    elif before == "pool":
        x = net.op("MaxPool", x, kernel_shape=[1, 1])
    assert lowered_texts(net, net.norm(x))[-1] == "BatchNormalization 16 @8x8"


@pytest.mark.parametrize(
    ("act", "fuses"), [("Relu", True), ("Sigmoid", False), ("HardSwish", False)]
)
def test_only_the_activations_that_the_target_names_fuse(act: str, *, fuses: bool) -> None:
    net = Net()
    last = net.op(act, net.conv(net.input(1, 8, 4, 4), 8, name="conv"))
    alone = ["Conv 8>8 k1x1 @4x4", f"{act} 8 @4x4"]
    assert lowered_texts(net, last) == ([f"Conv 8>8 k1x1 @4x4 +{act}"] if fuses else alone)


def test_another_target_fuses_other_activations() -> None:
    net = Net()
    model = net.model(net.op("HardSwish", net.conv(net.input(1, 8, 4, 4), 8)))
    rules = replace(RULES, fuse=frozenset({"HardSwish"}))
    assert texts(lower(model, rules)) == ["Conv 8>8 k1x1 @4x4 +HardSwish"]


def test_an_activation_fuses_only_into_the_kinds_that_the_target_names() -> None:
    net = Net()
    pool = net.op("MaxPool", net.input(1, 8, 4, 4), kernel_shape=[2, 2], strides=[2, 2])
    added = net.op("Relu", net.op("Add", pool, net.input(1, 8, 2, 2, name="other")))
    pooled = net.op("Relu", pool)
    assert lowered_texts(net, added, pooled) == [
        "MaxPool 8 k2x2 s2x2 @4x4>2x2",
        "Add 8 @2x2 +Relu",
        "Relu 8 @2x2",
    ]


def test_two_activations_in_a_row_are_one_epilogue() -> None:
    net = Net()
    last = net.op("Clip", net.op("Relu", net.conv(net.input(1, 8, 4, 4), 8)))
    assert lowered_texts(net, last) == ["Conv 8>8 k1x1 @4x4 +Relu +Clip"]


def test_nothing_fuses_into_a_conv_that_is_read_twice() -> None:
    net = Net()
    conv = net.conv(net.input(1, 8, 4, 4), 8)
    last = net.op("Add", net.op("Relu", conv), conv)
    assert lowered_texts(net, last) == ["Conv 8>8 k1x1 @4x4", "Relu 8 @4x4", "Add 8 @4x4"]


def test_nothing_fuses_into_a_conv_that_is_an_output_of_the_model() -> None:
    net = Net()
    conv = net.conv(net.input(1, 8, 4, 4), 8)
    assert lowered_texts(net, conv, net.op("Relu", conv)) == ["Conv 8>8 k1x1 @4x4", "Relu 8 @4x4"]


def test_an_activation_fuses_through_views() -> None:
    net = Net()
    conv = net.conv(net.input(1, 8, 4, 4), 8)
    flat = net.op("Reshape", net.op("Identity", conv), net.constant([1, 128]))
    model = net.model(net.op("Relu", flat))
    lowered = lower(model, RULES)
    assert texts(lowered) == ["Conv 8>8 k1x1 @4x4 +Relu"]
    (view,) = indices(model, flat)
    assert view not in lowered.home
    assert view not in lowered.unpriced


@pytest.mark.parametrize("shared", ["conv", "view"])
def test_nothing_fuses_through_a_view_whose_data_is_read_twice(shared: str) -> None:
    net = Net()
    conv = net.conv(net.input(1, 8, 4, 4), 8)
    flat = net.op("Reshape", conv, net.constant([1, 128]))
    relu = net.op("Relu", flat)
    other = net.op("Sigmoid", conv if shared == "conv" else flat)
    assert {text.partition(" ")[0] for text in lowered_texts(net, relu, other)} == {
        "Conv",
        "Relu",
        "Sigmoid",
    }


def test_views_are_free() -> None:
    net = Net()
    x = net.op("Sigmoid", net.input(1, 8, 4, 4))
    x = net.op("Flatten", net.op("Dropout", net.op("Identity", x)))
    lowered = lower(net.model(x), RULES)
    assert texts(lowered) == ["Sigmoid 8 @4x4"]
    assert lowered.unpriced == ()


def silu(net: Net, x: str) -> tuple[str, str]:
    gate = net.op("Sigmoid", x)
    return gate, net.op("Mul", x, gate)


def test_operators_that_compute_one_activation_are_one_kernel() -> None:
    net = Net()
    gate, last = silu(net, net.conv(net.input(1, 8, 4, 4), 8, name="conv"))
    model = net.model(last)
    lowered = lower(model, RULES)
    assert texts(lowered) == ["Conv 8>8 k1x1 @4x4", "SiLU 8 @4x4"]
    sigmoid, mul = indices(model, gate, last)
    assert lowered.kernels[1].operators == (mul, sigmoid)
    assert lowered.home[sigmoid] == lowered.home[mul] == 1


def test_an_activation_of_several_operators_fuses_where_the_target_fuses_it() -> None:
    net = Net()
    _, last = silu(net, net.conv(net.input(1, 8, 4, 4), 8))
    rules = replace(RULES, fuse=frozenset({"SiLU"}))
    assert texts(lower(net.model(last), rules)) == ["Conv 8>8 k1x1 @4x4 +SiLU"]


def test_a_gate_that_others_read_too_stays_two_operators() -> None:
    net = Net()
    gate, last = silu(net, net.conv(net.input(1, 8, 4, 4), 8))
    kernels = lowered_texts(net, last, gate)
    assert kernels == ["Conv 8>8 k1x1 @4x4", "Sigmoid 8 @4x4", "Mul 8 @4x4"]


def test_a_passed_by_operator_is_as_if_it_were_not_there() -> None:
    net = Net()
    x = net.input(1, 8, 4, 4)
    conv = net.conv(x, 8, name="conv")
    gate = net.op("Sigmoid", conv)
    last = net.op("Relu", gate)
    model = net.model(last)
    bypass = frozenset(indices(model, gate))
    lowered = lower(model, RULES, Change(bypass=bypass))
    # what stood in the way of fusing is gone
    assert texts(lowered) == ["Conv 8>8 k1x1 @4x4 +Relu"]
    assert bypass.isdisjoint(lowered.home)
    assert lowered.unpriced == ()


def test_a_passed_by_add_hands_on_its_first_input() -> None:
    net = Net()
    x = net.conv(net.input(1, 8, 4, 4), 8)
    add = net.op("Add", net.conv(x, 8, 3), x)
    model = net.model(net.op("Relu", add))
    lowered = lower(model, RULES, Change(bypass=frozenset(indices(model, add))))
    assert texts(lowered) == ["Conv 8>8 k1x1 @4x4", "Conv 8>8 k3x3 @4x4 +Relu"]


def test_what_follows_a_passed_by_input_of_the_model_stays_alone() -> None:
    net = Net()
    gone = net.op("Sigmoid", net.input(1, 8, 4, 4))
    model = net.model(net.op("Relu", gone))
    lowered = lower(model, RULES, Change(bypass=frozenset(indices(model, gone))))
    assert texts(lowered) == ["Relu 8 @4x4"]


@pytest.mark.parametrize("composite", [False, True], ids=["Sigmoid", "SiLU"])
def test_an_activation_can_be_replaced_by_one_that_fuses(*, composite: bool) -> None:
    net = Net()
    conv = net.conv(net.input(1, 8, 4, 4), 8)
    last = silu(net, conv)[1] if composite else net.op("Sigmoid", conv)
    model = net.model(last)
    (index,) = indices(model, last)
    change = Change(activations={index: "Relu"})
    lowered = lower(model, RULES, change)
    assert texts(lowered) == ["Conv 8>8 k1x1 @4x4 +Relu"]
    assert set(lowered.home.values()) == {0}
    assert len(texts(lower(model, RULES))) == 2


def test_a_fused_activation_can_be_replaced_by_one_that_does_not_fuse() -> None:
    net = Net()
    last = net.op("Relu", net.conv(net.input(1, 8, 4, 4), 8))
    model = net.model(last)
    change = Change(activations=dict.fromkeys(indices(model, last), "Tanh"))
    assert texts(lower(model, RULES, change)) == ["Conv 8>8 k1x1 @4x4", "Tanh 8 @4x4"]


def unknown_domain(net: Net, x: str) -> str:
    return net.op("Fancy", x, domain="custom")


def unknown_type(net: Net, x: str) -> str:
    return net.op("OptionalHasElement", x)


def no_shape(net: Net, x: str) -> str:
    return net.op("SplitToSequence", x)


@pytest.mark.parametrize("strange", [unknown_domain, unknown_type, no_shape])
def test_what_no_kernel_runs_is_unpriced_and_the_rest_is_not(
    strange: Callable[[Net, str], str],
) -> None:
    net = Net()
    conv = net.conv(net.input(1, 8, 4, 4), 8)
    odd = strange(net, conv)
    model = net.model(odd)
    lowered = lower(model, RULES)
    assert texts(lowered) == ["Conv 8>8 k1x1 @4x4"]
    assert list(lowered.unpriced) == indices(model, odd)


@pytest.mark.parametrize(
    ("op_type", "kernel"),
    [
        ("Tan", "Tan 8 @4x4"),
        ("Acosh", "Acosh 8 @4x4"),
        ("Shrink", "Shrink 8 @4x4"),
    ],
)
def test_an_operator_is_priced_by_what_its_facts_say(op_type: str, kernel: str) -> None:
    net = Net()
    assert lowered_texts(net, net.op(op_type, net.input(1, 8, 4, 4))) == [kernel]


def test_an_upsample_of_older_files_is_a_resize() -> None:
    node = helper.make_node("Upsample", ["x", "scales"], ["y"])
    scales = helper.make_tensor("scales", TensorProto.FLOAT, [4], [1, 1, 2, 2])
    found = read_model(model([node], [value("x", [1, 8, 4, 4])], weights=[scales], opset=9))
    assert texts(lower(found, RULES)) == ["Resize 8 @4x4>8x8"]


def test_what_moves_elements_is_priced_as_movement() -> None:
    net = Net()
    x = net.input(1, 8, 4, 4)
    cast = net.op("CastLike", x, net.op("Relu", x))
    picked = net.op("ReverseSequence", cast, net.constant([4]), batch_axis=0, time_axis=1)
    model = net.model(picked)
    kinds = [placed.kernel.kind for placed in lower(model, RULES).kernels]
    assert texts(lower(model, RULES)) == ["Relu 8 @4x4", "Cast 8 @4x4", "ReverseSequence 8 @4x4"]
    assert kinds == [Kind.ELEMENTWISE, Kind.MOVEMENT, Kind.MOVEMENT]


def test_an_operator_behind_one_without_shape_is_unpriced() -> None:
    net = Net()
    odd = net.op("Fancy", net.conv(net.input(1, 8, 4, 4), 8), domain="custom")
    relu = net.op("Relu", odd)
    model = net.model(relu)
    assert list(lower(model, RULES).unpriced) == indices(model, odd, relu)


def test_a_malformed_operator_is_unpriced() -> None:
    net = Net()
    x = net.input(1, 8, 4, 4)
    bad = net.op("Conv", x, net.weight("bad.weight", 8, 5, 1, 1), name="bad")
    model = net.model(bad)
    assert model.operators[0].malformed
    lowered = lower(model, RULES)
    assert lowered.kernels == ()
    assert lowered.unpriced == (0,)


def test_kernels_come_in_the_order_of_the_graph_each_operator_in_one() -> None:
    net = Net()
    x = net.conv(net.input(2, 3, 16, 16), 16, 3, stride=2, name="stem")
    y = net.op("Relu", net.norm(net.depthwise(x, name="deep")))
    x = net.op("Add", net.norm(net.conv(y, 16, name="point")), x)
    x = net.shuffle(net.concat(x, y), (2, 32, 8, 8), 2)
    model = net.model(net.op("GlobalAveragePool", x))
    lowered = lower(model, RULES)
    assert texts(lowered) == [
        "Conv 3>16 k3x3 s2x2 @16x16>8x8 b2",
        "Conv 16>16 k3x3 g16 @8x8 b2 +Relu",
        "Conv 16>16 k1x1 @8x8 b2",
        "Add 16 @8x8 b2",
        "Concat 16>32 @8x8 b2 n2",
        "Transpose 2 @16x8x8 b2",
        "GlobalAveragePool 32 @8x8>1 b2",
    ]
    members = [index for placed in lowered.kernels for index in placed.operators]
    assert len(members) == len(set(members))
    assert set(members) == set(lowered.home)
    for number, placed in enumerate(lowered.kernels):
        assert all(lowered.home[index] == number for index in placed.operators)


def kernel_kinds(net: Net, *outputs: str) -> Sequence[Kind]:
    return [placed.kernel.kind for placed in lower(net.model(*outputs), RULES).kernels]


def test_the_kernels_of_operators_come_once_each_in_order() -> None:
    net = Net()
    conv = net.conv(net.input(1, 8, 4, 4), 8)
    norm = net.norm(conv)
    sigmoid = net.op("Sigmoid", norm)
    flat = net.op("Flatten", sigmoid)
    model = net.model(flat)
    lowered = lower(model, RULES)
    asked = indices(model, sigmoid, norm, conv, flat)
    assert [kernel.text for kernel in lowered.of(*asked)] == [
        "Conv 8>8 k1x1 @4x4",
        "Sigmoid 8 @4x4",
    ]


def test_an_operand_that_is_broadcast_or_constant_is_not_read_in_full() -> None:
    net = Net()
    x = net.input(1, 8, 4, 4)
    scaled = net.op("Mul", x, net.weight("scale.weight", 8, 1, 1))
    gated = net.op("Mul", scaled, net.op("GlobalAveragePool", x))
    added = net.op("Add", gated, x)
    lowered = lower(net.model(added), RULES)
    operands = {p.kernel.op: p.kernel.operands for p in lowered.kernels if p.kernel.op == "Add"}
    muls = [p.kernel.operands for p in lowered.kernels if p.kernel.op == "Mul"]
    assert operands == {"Add": 2}
    assert muls == [1, 1]


def test_products_are_told_by_their_second_operand() -> None:
    net = Net()
    x = net.input(2, 197, 64)
    y = net.dense(x, 64, 256, name="mlp")
    scores = net.op("MatMul", x, net.op("Transpose", x, perm=[0, 2, 1]))
    lowered = lower(net.model(y, net.op("Softmax", scores)), RULES)
    assert texts(lowered) == [
        "MatMul 64>256 @197 b2",
        "Transpose 64 @197 b2",
        "MatMul 64>197 @197 b2 run-time",
        "Softmax 197 @197 b2",
    ]


def test_half_precision_moves_half_the_bytes() -> None:
    def conv(dtype: int) -> Lowered:
        net = Net(dtype)
        return lower(net.model(net.conv(net.input(1, 8, 4, 4), 8)), RULES)

    single, half = conv(TensorProto.FLOAT), conv(TensorProto.FLOAT16)
    assert single.kernels[0].kernel.mac == 2 * half.kernels[0].kernel.mac


def test_convs_have_the_kind_of_their_groups() -> None:
    net = Net()
    x = net.input(1, 8, 4, 4)
    dense, grouped, deep = net.conv(x, 16), net.conv(x, 16, groups=4), net.depthwise(x)
    up = net.op("ConvTranspose", x, net.weight("up.weight", 8, 4, 2, 2), strides=[2, 2])
    assert kernel_kinds(net, dense, grouped, deep, up) == [
        Kind.CONV,
        Kind.GROUP_CONV,
        Kind.DEPTHWISE,
        Kind.TRANSPOSED_CONV,
    ]
