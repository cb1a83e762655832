"""Convs and products without shapes are named, with the operator that lost their sizes."""

from __future__ import annotations

from pathlib import Path

import onnx
import pytest
from onnx import TensorProto, helper

from archlint.cost.lowering.lower import lower
from archlint.cost.pricer import Pricer
from archlint.cost.target import load_target
from archlint.cost.target_files import SHIPPED, files_of
from archlint.errors import UsageError
from archlint.graph import read_model
from archlint.graph.unread import Unread
from tests.graph.making import ints, model, value, weight

CASES = Path(__file__).parents[1] / "cases"


def test_the_operator_that_lost_the_sizes_is_named() -> None:
    found = read_model(str(CASES / "foreign_quantiser.onnx"))
    assert found.unread == (
        Unread("c", "Conv", "TRT_FP8QuantizeLinear_0", "TRT_FP8QuantizeLinear"),
    )


def test_every_conv_behind_it_is_named_with_the_same() -> None:
    nodes = [
        helper.make_node("Strange", ["x"], ["s"], "strange", domain="vendor"),
        helper.make_node("Conv", ["s", "w"], ["a"], "first"),
        helper.make_node("Relu", ["a"], ["b"], "relu"),
        helper.make_node("Conv", ["b", "w"], ["y"], "second"),
    ]
    proto = model(nodes, [value("x", [1, 8, 4, 4])], weights=[weight("w", 8, 8, 1, 1)])
    assert read_model(proto).unread == (
        Unread("first", "Conv", "strange", "Strange"),
        Unread("second", "Conv", "strange", "Strange"),
    )


def test_an_input_without_a_rank_is_named() -> None:
    node = helper.make_node("MatMul", ["x", "w"], ["y"], "product")
    proto = model([node], [value("x", None)], weights=[weight("w", 8, 8)])
    assert read_model(proto).unread == (Unread("product", "MatMul", "x", ""),)


def test_what_does_not_compute_is_not_counted() -> None:
    nodes = [
        helper.make_node("Conv", ["x", "w"], ["a"], "conv"),
        helper.make_node("Strange", ["a"], ["s"], "strange", domain="vendor"),
        helper.make_node("Relu", ["s"], ["y"], "relu"),
    ]
    proto = model(nodes, [value("x", [1, 8, 4, 4])], weights=[weight("w", 8, 8, 1, 1)])
    assert read_model(proto).unread == ()


def detector() -> onnx.ModelProto:
    nodes = [
        helper.make_node("NonMaxSuppression", ["boxes", "scores", "most"], ["kept"], "nms"),
        helper.make_node("Slice", ["kept", "two", "three", "one"], ["column"], "slice"),
        helper.make_node("Squeeze", ["column", "one"], ["at"], "squeeze"),
        helper.make_node("Gather", ["rows", "at"], ["chosen"], "gather", axis=0),
        helper.make_node("MatMul", ["chosen", "w"], ["y"], "head"),
    ]
    inputs = [value("boxes", [1, 50, 4]), value("scores", [1, 1, 50]), value("rows", [50, 64])]
    weights = [
        weight("w", 64, 10), ints("most", 100), ints("one", 1), ints("two", 2), ints("three", 3)
    ]  # fmt: skip
    return model(nodes, inputs, weights=weights)


def test_what_data_tell_is_assumed_and_said() -> None:
    proto = detector()
    found = read_model(proto)
    assert found.unread == ()
    assert found.operators[-1].output.shape == (16, 10)
    assert "nms: data tell how many; 16 (assumed, --dim nms=N)" in found.assumptions


def test_what_data_tell_can_be_given() -> None:
    proto = detector()
    found = read_model(proto, dims={"nms": 300})
    assert found.operators[-1].output.shape == (300, 10)
    assert not any("nms" in each for each in found.assumptions)


@pytest.mark.parametrize(
    ("op_type", "inputs", "outputs", "shapes"),
    [
        ("NonZero", ["x"], ["y"], [(2, 16)]),
        ("Unique", ["x"], ["y", "first", "inverse", "counts"], [(16,), (16,), (40,), (16,)]),
        ("Compress", ["x", "which"], ["y"], [(16,)]),
    ],
)
def test_each_operator_that_keeps_by_data_has_a_size(
    op_type: str, inputs: list[str], outputs: list[str], shapes: list[tuple[int, ...]]
) -> None:
    node = helper.make_node(op_type, inputs, outputs, "by_data")
    given = [value("x", [4, 10]), value("which", [40], TensorProto.BOOL)]
    found = read_model(model([node], given))
    assert [each.shape for each in found.operators[0].outputs] == shapes


def test_a_dim_that_nothing_has_is_refused() -> None:
    proto = detector()
    with pytest.raises(UsageError, match='no dim "nmz"'):
        read_model(proto, dims={"nmz": 3})


def experts(tokens: int, count: int = 4) -> onnx.ModelProto:
    """Tokens sorted by expert, and how many each expert gets."""
    parts = [f"part{each}" for each in range(count)]
    nodes = [
        helper.make_node("Cast", ["chosen"], ["sizes"], "cast", to=TensorProto.INT64),
        helper.make_node("Split", ["x", "sizes"], parts, "split", axis=0),
        *(
            helper.make_node("MatMul", [each, "w"], [f"{each}_y"], f"{each}_expert")
            for each in parts
        ),
        helper.make_node("Concat", [f"{each}_y" for each in parts], ["y"], "concat", axis=0),
    ]
    inputs = [value("x", [tokens, 64]), value("chosen", [count])]
    return model(nodes, inputs, weights=[weight("w", 64, 10)])


@pytest.mark.parametrize("tokens", [16, 7, 2])
def test_what_data_split_is_split_evenly(tokens: int) -> None:
    found = read_model(experts(tokens))
    assert found.unread == ()
    assert sum(each.flops or 0 for each in found.operators if each.op_type == "MatMul") == (
        2 * tokens * 64 * 10
    )
    assert found.operators[-1].output.shape == (tokens, 10)
    assert "split: data tell the sizes of this Split; even ones (assumed)" in found.assumptions


def test_experts_without_tokens_have_a_price() -> None:
    target = load_target(files_of(SHIPPED / "epyc-genoa-ort-fp32-1t"))
    lowered = lower(read_model(experts(2)), target.lowering)
    assert Pricer(target).total([placed.kernel for placed in lowered.kernels]) is not None


def of_true_ones(*before: onnx.NodeProto) -> onnx.ModelProto:
    """As many rows as `x` has elements that are true, or what `before` makes of it."""
    nodes = [
        *before,
        helper.make_node("ReduceSum", ["counted"], ["many"], "many", keepdims=1),
        helper.make_node("Expand", ["zero", "many"], ["at"], "places"),
        helper.make_node("Gather", ["rows", "at"], ["chosen"], "gather", axis=0),
        helper.make_node("MatMul", ["chosen", "w"], ["y"], "head"),
    ]
    inputs = [value("x", [1, 50]), value("rows", [50, 64])]
    return model(nodes, inputs, weights=[weight("w", 64, 10), ints("zero", 0)])


def test_as_many_as_data_count_are_assumed_and_can_be_given() -> None:
    nodes = (
        helper.make_node("Cast", ["x"], ["whole"], "cast", to=TensorProto.INT64),
        helper.make_node("Flatten", ["whole"], ["row"], "row", axis=0),
        helper.make_node("Squeeze", ["row"], ["counted"], "counted"),
    )
    proto = of_true_ones(*nodes)
    assert read_model(proto).operators[-1].output.shape == (16, 10)
    note = "places: data tell how many; 16 (assumed, --dim places=N)"
    assert note in read_model(proto).assumptions
    assert read_model(proto, dims={"places": 30}).operators[-1].output.shape == (30, 10)


def test_a_size_that_was_lost_is_not_assumed() -> None:
    proto = of_true_ones(
        helper.make_node("Strange", ["x"], ["s"], "strange", domain="vendor"),
        helper.make_node("Shape", ["s"], ["counted"], "size"),
    )
    found = read_model(proto)
    assert [each.name for each in found.unread] == ["head"]
    assert not any("places" in each for each in found.assumptions)
