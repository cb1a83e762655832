from __future__ import annotations

from collections.abc import Sequence

import onnx
import pytest
from onnx import TensorProto, helper

from archlint.graph import read_model
from archlint.linter.dtype import model_dtype
from tests.graph.making import model, scalar, value, weight

INT8, UINT8, INT4, UINT16 = (
    TensorProto.INT8, TensorProto.UINT8, TensorProto.INT4, TensorProto.UINT16,
)  # fmt: skip


def said(nodes: Sequence[onnx.NodeProto], weights: Sequence[onnx.TensorProto]) -> str:
    given = [*weights, scalar("s", 0.1)]
    return model_dtype(read_model(model(nodes, [value("x", [2, 8, 4, 4])], weights=given)))


def pair(data: int, between: Sequence[str] = ()) -> list[onnx.NodeProto]:
    """Quantise x and dequantise it to "d", with operators behind."""
    zero = helper.make_tensor("", data, [], [0])
    nodes = [
        helper.make_node("Constant", [], ["z"], value=zero),
        helper.make_node("QuantizeLinear", ["x", "s", "z"], ["q"]),
        helper.make_node("DequantizeLinear", ["q", "s", "z"], ["d" if not between else "d0"]),
    ]
    for number, op_type in enumerate(between):
        last = number == len(between) - 1
        made = "d" if last else f"d{number + 1}"
        nodes.append(helper.make_node(op_type, [f"d{number}"], [made]))
    return nodes


def conv(data: str) -> list[onnx.NodeProto]:
    return [
        helper.make_node("DequantizeLinear", ["w", "s"], ["dw"]),
        helper.make_node("Conv", [data, "dw"], ["y"]),
    ]


@pytest.mark.parametrize(
    ("data", "weights", "expected"),
    [
        (INT8, INT8, "int8 with signed data"),
        (UINT8, INT8, "int8"),
        (UINT8, UINT8, "uint8 weights"),
        (UINT8, INT4, "int4 weights"),
        (UINT16, INT8, "uint16"),
    ],
)
def test_a_quantised_model_is_told_by_its_data_and_its_weights(
    data: int, weights: int, expected: str
) -> None:
    found = said(pair(data) + conv("d"), [weight("w", 4, 8, 1, 1, dtype=weights)])
    assert found == expected


@pytest.mark.parametrize("between", ["Relu Identity", "Split", "Dropout"])
def test_what_keeps_numbers_may_stand_between(between: str) -> None:
    nodes = pair(UINT8, between.split()) + conv("d")
    assert said(nodes, [weight("w", 4, 8, 1, 1, dtype=INT8)]) == "int8"


@pytest.mark.parametrize("data", ["x", "d"])
def test_a_model_whose_weights_alone_are_quantised_computes_in_float(data: str) -> None:
    nodes = [*pair(UINT8, ["Sigmoid"]), *conv(data)]
    expected = "float with int8 weights"
    assert said(nodes, [weight("w", 4, 8, 1, 1, dtype=INT8)]) == expected


@pytest.mark.parametrize(("dtype", "name"), [(INT8, "dynamic int8"), (UINT8, "dynamic uint8")])
def test_scales_of_each_run_are_told(dtype: int, name: str) -> None:
    nodes = [
        helper.make_node("DynamicQuantizeLinear", ["x"], ["q", "qs", "qz"]),
        helper.make_node("ConvInteger", ["q", "w", "qz"], ["y"]),
    ]
    assert said(nodes, [weight("w", 4, 8, 1, 1, dtype=dtype)]) == name


def test_scales_of_each_run_are_told_where_the_runtime_saved_them_in_the_product() -> None:
    node = helper.make_node("DynamicQuantizeMatMul", ["x", "w", "s"], ["y"], domain="com.microsoft")
    assert said([node], [weight("w", 4, 6, dtype=INT8)]) == "dynamic int8"


def test_one_quantisation_may_serve_several_products() -> None:
    nodes = [helper.make_node("DynamicQuantizeLinear", ["x"], ["q", "qs", "qz"])]
    nodes += [
        helper.make_node(
            "MatMulIntegerToFloat", ["q", "w", "qs", "s", "qz"], [made], domain="com.microsoft"
        )
        for made in ("y", "z")
    ]
    assert said(nodes, [weight("w", 4, 6, dtype=INT8)]) == "dynamic int8"


def test_integers_that_come_from_elsewhere_are_integers() -> None:
    nodes = [
        helper.make_node("Cast", ["x"], ["q"], to=UINT8),
        helper.make_node("ConvInteger", ["q", "w"], ["y"]),
    ]
    assert said(nodes, [weight("w", 4, 8, 1, 1, dtype=INT8)]) == "int8"


@pytest.mark.parametrize("bits", [4, 8])
def test_packed_weights_are_told_by_their_bits_not_by_the_bytes_that_hold_them(bits: int) -> None:
    node = helper.make_node(
        "MatMulNBits", ["x", "w", "s"], ["y"], domain="com.microsoft", K=4, N=6, bits=bits,
        block_size=32,
    )  # fmt: skip
    packed = weight("w", 6, 1, 2 * bits, dtype=UINT8)
    assert said([node], [packed]) == f"float with {bits}-bit weights"


def test_packed_floats_are_told_apart_from_packed_integers() -> None:
    node = helper.make_node(
        "MatMulBnb4", ["x", "w", "s"], ["y"], domain="com.microsoft", K=4, N=6, block_size=16
    )
    assert said([node], [weight("w", 12, dtype=UINT8)]) == "float with 4-bit float weights"


def test_a_model_without_convs_and_products_computes_in_nothing() -> None:
    assert said([helper.make_node("Relu", ["x"], ["y"])], []) == ""
