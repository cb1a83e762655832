"""What language models are exported with for ONNX Runtime: sizes, FLOPs, and no price by guess."""

from __future__ import annotations

import onnx
import pytest
from onnx import TensorProto, helper

from archlint.api import lint
from archlint.graph import read_model
from tests.graph.making import model, value, weight

MICROSOFT = "com.microsoft"
TARGET = "epyc-genoa-ort-fp32-1t"


def between(
    node: onnx.NodeProto, inputs: list[onnx.ValueInfoProto], *weights: onnx.TensorProto
) -> onnx.ModelProto:
    """The node, and a product of what it gives."""
    after = helper.make_node("MatMul", [node.output[0], "out"], ["y"], "after")
    return model([node, after], inputs, weights=[*weights, weight("out", 64, 10)])


def experts(op_type: str) -> onnx.ModelProto:
    packed = op_type == "QMoE"
    names = ["x", "r", "one", "s1", "", "two", "s2"] if packed else ["x", "r", "one", "", "two"]
    dtype = TensorProto.UINT8 if packed else TensorProto.FLOAT
    stored = (8, 128, 32), (8, 64, 64)  # two numbers a byte
    first, second = stored if packed else ((8, 128, 64), (8, 64, 128))
    return between(
        helper.make_node(op_type, names, ["e"], "experts", domain=MICROSOFT, k=2),
        [value("x", [1, 16, 64]), value("r", [16, 8])],
        weight("one", *first, dtype=dtype), weight("two", *second, dtype=dtype),
        weight("s1", 8, 128), weight("s2", 8, 64),
    )  # fmt: skip


@pytest.mark.parametrize("op_type", ["MoE", "QMoE"])
def test_a_row_takes_a_few_of_the_experts(op_type: str) -> None:
    first, after = read_model(experts(op_type)).operators
    assert first.flops == 2 * 16 * 2 * (128 * 64 + 64 * 128)
    assert after.output.shape == (1, 16, 10)


@pytest.mark.parametrize(("rule", "times"), [("linear", 1), ("gated", 1), ("gated_delta", 2)])
def test_linear_attention_takes_as_long_for_each_row(rule: str, times: int) -> None:
    node = helper.make_node(
        "LinearAttention", ["q", "k", "v"], ["a", "state"], "attention", domain=MICROSOFT,
        q_num_heads=4, kv_num_heads=2, update_rule=rule,
    )  # fmt: skip
    inputs = [value("q", [1, 9, 64]), value("k", [1, 9, 32]), value("v", [1, 9, 32])]
    first, _ = read_model(between(node, inputs)).operators
    assert [each.shape for each in first.outputs] == [(1, 9, 64), (1, 2, 16, 16)]
    assert first.flops == 2 * 9 * 16 * 16 * (4 + times * 2)


def test_a_causal_conv_keeps_what_the_next_call_looks_back_at() -> None:
    node = helper.make_node(
        "CausalConvWithState", ["x", "w"], ["c", "state"], "conv", domain=MICROSOFT
    )
    found = read_model(between(node, [value("x", [1, 8, 64])], weight("w", 8, 1, 4)))
    first, _ = found.operators
    assert [each.shape for each in first.outputs] == [(1, 8, 64), (1, 8, 3)]
    assert first.flops == 2 * 8 * 64 * 4


@pytest.mark.parametrize(("dtype", "stored"), [(TensorProto.UINT8, 32), (TensorProto.UINT4, 64)])
def test_rows_of_a_packed_table_are_as_wide_as_what_was_packed(dtype: int, stored: int) -> None:
    node = helper.make_node(
        "GatherBlockQuantized", ["table", "ids", "s"], ["e"], "embedding", domain=MICROSOFT,
        gather_axis=0, quantize_axis=1, block_size=32, bits=4,
    )  # fmt: skip
    table = helper.make_tensor("table", dtype, [50, stored], bytes(50 * 32), raw=True)
    proto = between(node, [value("ids", [1, 16], TensorProto.INT64)], table, weight("s", 50, 2))
    first, after = read_model(proto).operators
    assert (first.output.dtype, first.output.shape) == ("float", (1, 16, 64))
    assert after.output.shape == (1, 16, 10)


@pytest.mark.parametrize("op_type", ["PagedAttention", "SparseAttention"])
def test_attention_to_what_shapes_do_not_tell_loses_no_sizes(op_type: str) -> None:
    names = ["q", "q", "q", "kept", "values"]
    node = helper.make_node(op_type, names, ["a", "k", "v"], "attention", domain=MICROSOFT)
    inputs = [value("q", [16, 64]), value("kept", [4, 16, 4, 16]), value("values", [4, 16, 4, 16])]
    first, after = read_model(between(node, inputs)).operators
    assert first.flops is None
    assert first.outputs[1].shape == (4, 16, 4, 16)
    assert after.output.shape == (16, 10)


def test_what_has_no_price_is_named_and_stops_no_report() -> None:
    report = lint(experts("MoE"), targets=[TARGET])
    (found,) = report.models
    assert not found.error
    assert not found.unknown_operators
    (target,) = found.targets
    assert [(each.op_type, each.count) for each in target.unpriced] == [("MoE", 1)]
