"""The passes of ONNX Runtime over operators in float, each alone."""

from __future__ import annotations

from dataclasses import replace

import pytest
from onnx import TensorProto, helper

from archlint.cost.lowering.pass_graph_of_model import pass_graph_of_model
from archlint.cost.lowering.pass_list import Pass
from archlint.cost.lowering.passes.blocked import put_blocked
from archlint.cost.lowering.passes.fusion import (
    add_sums,
    expand,
    fold_into_convs,
    fuse_activations,
    merge_clips,
)
from archlint.cost.lowering.passes.heads import order_heads
from archlint.cost.lowering.passes.products import fold_transposes_and_scales, join_bias
from archlint.cost.lowering.passes.repeated import do_once
from archlint.cost.lowering.passes.skips import join_skips
from archlint.cost.lowering.passes.slices import split_gathers, split_slices
from archlint.cost.lowering.passes.transposes import move_transposes
from archlint.cost.lowering.passes.views import free_views
from archlint.testing import Net
from tests.cost.lowering.passes.steps import ORT, after, faults


def normed(act: str = "Relu", channels: int = 8) -> tuple[Net, str]:
    net = Net()
    conv = net.conv(net.input(1, channels, 4, 4), channels)
    return net, net.op(act, net.norm(conv))


def test_a_relu_before_a_clip_is_the_clip() -> None:
    net, relu = normed()
    assert after(merge_clips, net, net.op("Clip", relu))[-2:] == ["BatchNormalization", "Clip"]


def test_a_norm_folds_into_the_conv_and_the_activation_stays() -> None:
    assert after(fold_into_convs, *normed()) == ["Conv", "Relu"]


def test_an_activation_fuses_into_a_conv_only_from_next_to_it() -> None:
    assert after(fuse_activations, *normed()) == ["Conv", "BatchNormalization", "Relu"]
    assert after(fuse_activations, *normed(), before=(fold_into_convs,)) == ["Conv +Relu"]


def test_an_operator_without_a_kernel_becomes_its_definition() -> None:
    assert after(expand, *normed("HardSwish"))[-2:] == ["HardSigmoid", "Mul"]


def test_a_product_with_a_bias_is_a_gemm_between_reshapes() -> None:
    net = Net()
    product = net.dense(net.input(2, 5, 16), 16, 24)
    bias = net.op("Add", product, net.weight("b", 24))
    assert after(join_bias, net, bias) == ["Reshape", "Gemm", "Reshape"]


def test_a_product_takes_the_transpose_and_the_scale_of_an_operand() -> None:
    net = Net()
    x = net.input(2, 5, 16)
    key = net.op("Transpose", net.op("Mul", x, net.weight("scale")), perm=[0, 2, 1])
    scores = net.op("MatMul", x, key)
    assert after(fold_transposes_and_scales, net, scores) == ["MatMul (transB)"]


def test_a_normalisation_takes_the_sum_before_it() -> None:
    net = Net()
    total = net.op("Add", net.input(2, 5, 16), net.input(2, 5, 16, name="y"))
    normal = net.op("LayerNormalization", total, net.weight("w", 16), axis=-1)
    assert after(join_skips, net, normal) == ["SkipLayerNormalization"]


def test_two_transposes_in_a_row_are_one() -> None:
    net = Net()
    first = net.op("Transpose", net.input(2, 5, 16), perm=[0, 2, 1])
    last = net.op("Transpose", first, perm=[1, 0, 2])
    assert after(order_heads, net, last) == ["Transpose"]


def test_of_equal_operators_one_runs_unless_it_makes_an_output() -> None:
    net = Net()
    x = net.op("Relu", net.input(2, 5, 16))
    total = net.op("Add", net.op("Neg", x), net.op("Neg", x))
    assert after(do_once, net, total) == ["Relu", "Neg", "Add"]
    assert after(do_once, net, total, net.op("Neg", x)) == ["Relu", "Neg", "Add", "Neg"]


def test_what_reads_equal_operators_reads_the_first_of_them() -> None:
    net = Net()
    x = net.op("Relu", net.input(2, 5, 16))
    rows = [net.op("Abs", net.op("Neg", x)) for _ in range(40)]
    assert after(do_once, net, net.op("Sum", *rows)) == ["Relu", "Neg", "Abs", "Sum"]


def test_what_differs_in_a_tensor_alone_is_not_done_once() -> None:
    net = Net()
    x = net.op("Relu", net.input(2, 5, 16))
    first, second = (helper.make_tensor("", TensorProto.FLOAT, [1], [n]) for n in (0.0, 1.0))
    either = net.op("Gelu", x, table=first), net.op("Gelu", x, table=second)
    assert after(do_once, net, net.op("Add", *either)) == ["Relu", "Gelu", "Gelu", "Add"]


def test_operators_of_other_attributes_or_constants_are_not_equal() -> None:
    net = Net()
    x = net.op("Relu", net.input(2, 5, 16))
    by_axis = [net.op("Softmax", x, axis=axis) for axis in (1, 2)]
    by_weight = [net.op("Mul", x, net.weight(name, 16)) for name in "vw"]
    summed = net.op("Sum", *by_axis, *by_weight)
    assert after(do_once, net, summed) == ["Relu", "Softmax", "Softmax", "Mul", "Mul", "Sum"]


def test_a_token_and_the_rest_are_one_split_from_opset_13_on() -> None:
    net = Net()
    x = net.op("Relu", net.input(1, 10, 16))
    token = net.op("Gather", x, net.constant([0]), axis=1)
    rest = net.op("Slice", x, *(net.constant([at]) for at in (1, 10, 1)))
    model = net.model(token, rest)
    for opset, expected in ((12, "Relu Gather Slice"), (13, "Relu Split")):
        graph = pass_graph_of_model(replace(model, opset=opset), ORT)
        split_gathers(graph, ORT)
        assert faults(graph) == []
        assert " ".join(step.name for step in graph) == expected


def test_slices_of_a_reshaped_tensor_are_one_split() -> None:
    net = Net()
    x = net.op("Reshape", net.input(2, 32), net.constant([2, 2, 16]))
    parts = [
        net.op("Slice", x, *(net.constant([at]) for at in (start, start + 1, 1)))
        for start in (0, 1)
    ]
    assert after(split_slices, net, *parts) == ["Reshape", "Split"]


def test_slices_that_leave_out_an_element_or_take_one_twice_stay() -> None:
    for first, second in (((0, 1), (2, 4)), ((0, 3), (2, 4))):
        net = Net()
        x = net.op("Relu", net.input(2, 4, 16))
        parts = [
            net.op("Slice", x, *(net.constant([at]) for at in (*ends, 1)))
            for ends in (first, second)
        ]
        assert after(split_slices, net, *parts) == ["Relu", "Slice", "Slice"]


def test_a_transpose_meets_its_inverse_through_an_element_wise_operator() -> None:
    net = Net()
    x = net.op("Relu", net.op("Transpose", net.input(1, 9, 12, 7), perm=[0, 3, 1, 2]))
    last = net.op("Neg", net.op("Transpose", x, perm=[0, 2, 3, 1]))
    assert after(move_transposes, net, last) == ["Relu", "Neg"]


def test_a_transpose_stays_before_an_operator_that_nothing_behind_takes_up() -> None:
    net = Net()
    x = net.op("Relu", net.op("Transpose", net.input(1, 9, 12, 7), perm=[0, 3, 1, 2]))
    assert after(move_transposes, net, net.op("Softmax", x)) == ["Transpose", "Relu", "Softmax"]


def test_a_conv_on_whole_blocks_runs_between_reorders() -> None:
    net = Net()
    x = net.op("Elu", net.input(1, 16, 4, 4))
    assert after(put_blocked, net, net.conv(x, 16)) == [
        "Elu", "ReorderInput", "Conv (nchwc)", "ReorderOutput",
    ]  # fmt: skip


def test_a_plain_conv_with_a_bias_takes_the_sum_behind_it_and_a_blocked_one_does_not() -> None:
    def summed(channels: int) -> tuple[Net, str]:
        net = Net()
        x = net.input(1, channels, 4, 4)
        return net, net.op("Add", net.norm(net.conv(x, channels)), x)

    assert after(add_sums, *summed(18), before=(fold_into_convs,)) == ["Conv +Add"]
    blocked = after(add_sums, *summed(16), before=(fold_into_convs, put_blocked))
    assert blocked == ["ReorderInput", "Conv (nchwc)", "ReorderOutput", "Add"]


def test_views_are_free_where_they_are_not_launched() -> None:
    net = Net()
    flat = net.op("Flatten", net.op("Elu", net.input(1, 16, 4, 4)))
    assert after(free_views, net, flat) == ["Elu", "Flatten"]
    assert after(free_views, net, flat, rules=replace(ORT, views=False)) == ["Elu"]


@pytest.mark.parametrize("each", [put_blocked, expand, add_sums])
def test_a_pass_without_data_does_nothing(each: Pass) -> None:
    none = replace(ORT, blocked=None, fusions=None)
    net, act = normed("HardSwish", 16)
    last = net.op("Add", act, "x")
    assert after(each, net, last, rules=none)[-2:] == ["HardSwish", "Add"]
