"""Convs and products without shapes are named, with the operator that lost their sizes."""

from __future__ import annotations

from pathlib import Path

import onnx
import pytest
from onnx import TensorProto, helper

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
