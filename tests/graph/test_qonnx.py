"""QONNX's quantisers are pairs of QuantizeLinear and DequantizeLinear."""

from __future__ import annotations

from typing import Any

import onnx
import pytest
from onnx import TensorProto, helper

from archlint.graph import Model, read_model
from tests.graph.making import model, scalar, value, weight

QONNX = "qonnx.custom_op.general"


def conv(
    op_type: str = "Quant",
    bits: float = 8.0,
    signed: int = 1,
    domain: str = QONNX,
    *,
    bits_known: bool = True,
) -> Model:
    """A conv as Brevitas exports it: its weight and its data go through a quantiser."""
    given = ["scale"] if op_type == "BipolarQuant" else ["scale", "zero", "bits"]
    extra: dict[str, Any] = {} if op_type == "BipolarQuant" else {"signed": signed, "narrow": 0}
    nodes = [
        helper.make_node(op_type, [x, *given], [y], name=y, domain=domain, **extra)
        for x, y in (("conv.weight", "w"), ("x", "data"))
    ]
    nodes.append(helper.make_node("Conv", ["data", "w"], ["y"], name="c", group=2))
    weights = [weight("conv.weight", 8, 2, 3, 3), weight("scale", 8, 1, 1, 1), scalar("zero", 0)]
    inputs = [value("x", [1, 4, 8, 8])]
    if bits_known:
        weights.append(scalar("bits", bits))
    else:
        inputs.append(value("bits", []))
    return read_model(model(nodes, inputs, weights=weights))


@pytest.mark.parametrize("domain", [QONNX, "finn.custom_op.general", "onnx.brevitas"])
@pytest.mark.parametrize("op_type", ["Quant", "IntQuant"])
def test_the_weight_is_found_behind_its_quantiser(op_type: str, domain: str) -> None:
    found = conv(op_type, domain=domain)
    quantise, dequantise, product = found.operators
    assert [op.op_type for op in found.operators] == ["QuantizeLinear", "DequantizeLinear", "Conv"]
    assert (quantise.name, dequantise.name) == ("data", "data:DequantizeLinear")
    assert (quantise.flops, dequantise.flops) == (0, 0)
    assert quantise.output.shape == dequantise.output.shape == (1, 4, 8, 8)
    assert product.weight is not None
    assert (product.weight.shape, product.groups, product.module) == ((8, 2, 3, 3), 2, "conv")
    assert product.flops == 2 * 8 * 2 * 9 * 36


@pytest.mark.parametrize(
    ("bits", "signed", "dtype"),
    [
        (3.0, 1, "int4"), (4.0, 1, "int4"), (4.0, 0, "uint4"), (6.0, 1, "int8"), (8.0, 1, "int8"),
        (8.0, 0, "uint8"), (9.0, 1, "int16"), (32.0, 1, "int32"),
    ],
)  # fmt: skip
def test_numbers_are_in_the_narrowest_integers_that_hold_them(
    bits: float, signed: int, dtype: str
) -> None:
    quantise, _, product = conv(bits=bits, signed=signed).operators
    assert product.weight is not None
    assert (product.weight.dtype, product.weight.quantised) == (dtype, True)
    assert quantise.output.dtype == dtype


def test_two_values_are_in_the_narrowest_of_all() -> None:
    *_, product = conv("BipolarQuant").operators
    narrowest = "int2" if "INT2" in TensorProto.DataType.keys() else "int4"  # noqa: SIM118
    assert product.weight is not None
    assert product.weight.dtype == narrowest


def test_a_constant_node_can_tell_the_bits() -> None:
    nodes = [
        helper.make_node("Constant", [], ["bits"], value=scalar("", 4.0)),
        helper.make_node("Quant", ["x", "s", "s", "bits"], ["y"], domain=QONNX),
    ]
    found = read_model(model(nodes, [value("x", [1, 4])], weights=[scalar("s", 0.1)]))
    assert [op.output.dtype for op in found.operators] == ["int4", "float"]


@pytest.mark.parametrize("bits", [0.0, -1.0, 64.0, float("nan"), float("inf")])
def test_a_quantiser_of_no_integers_stays_as_it_is(bits: float) -> None:
    quant, product = conv(bits=bits).operators
    assert (quant.op_type, quant.output.shape) == ("Quant", (1, 4, 8, 8))
    assert product.weight is not None
    assert (product.weight.dtype, product.module) == ("float", "conv")


def test_a_quantiser_whose_bits_are_data_stays_as_it_is() -> None:
    found = conv(bits_known=False)
    assert [op.op_type for op in found.operators] == ["Quant", "Quant", "Conv"]
    assert found.operators[-1].output.shape == (1, 8, 6, 6)


def test_a_tensor_that_lost_its_payload_tells_no_bits() -> None:
    proto = model(
        [helper.make_node("Quant", ["x", "s", "s", "bits"], ["y"], domain=QONNX)],
        [value("x", [1, 4])],
        weights=[onnx.TensorProto(name="bits", data_type=TensorProto.FLOAT), scalar("s", 0.1)],
    )
    assert [op.op_type for op in read_model(proto).operators] == ["Quant"]
