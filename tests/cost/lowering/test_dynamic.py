"""Products of integers whose scales come with the data, as a runtime joins them."""

from __future__ import annotations

from dataclasses import replace

import onnx
import pytest
from onnx import TensorProto, helper

from archlint.cost.lowering.lower import lower
from archlint.cost.pricing.family import FamilySpec
from archlint.cost.target import Target, load_target
from archlint.cost.target_files import SHIPPED, list_targets
from archlint.graph import read_model
from archlint.linter.reading import Readings

CPU = load_target(list_targets(SHIPPED)["epyc-milan-ort-fp32-1t"])
FLOAT, BYTE = TensorProto.FLOAT, TensorProto.INT8
SCALES = helper.make_node("Mul", ["qs", "s"], ["both"])
BIAS = helper.make_node("Add", ["p", "b"], ["z"])


def quantised(*behind: onnx.NodeProto) -> onnx.ModelProto:
    """x times a matrix of bytes, and what is behind it."""
    nodes = [
        helper.make_node("DynamicQuantizeLinear", ["x"], ["q", "qs", "qz"]),
        SCALES,
        helper.make_node("MatMulInteger", ["q", "w", "qz"], ["i"]),
        helper.make_node("Cast", ["i"], ["f"], to=FLOAT),
        helper.make_node("Mul", ["f", "both"], ["p"]),
        *behind,
    ]
    weights = [
        TensorProto(name="w", dims=[64, 96], data_type=BYTE),
        TensorProto(name="b", dims=[96], data_type=FLOAT),
        TensorProto(name="s", dims=[], data_type=FLOAT),
    ]
    last = nodes[-1].output[0]
    graph = helper.make_graph(
        nodes, "net", [helper.make_tensor_value_info("x", FLOAT, [1, 16, 64])],
        [helper.make_tensor_value_info(last, FLOAT, None)], weights,
    )  # fmt: skip
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])


def kernels(proto: onnx.ModelProto) -> list[str]:
    return [each.kernel.text for each in lower(read_model(proto), CPU.lowering).kernels]


@pytest.mark.parametrize("behind", [(), (BIAS,)], ids=["plain", "with a bias"])
def test_all_around_a_product_is_one_kernel(behind: tuple[onnx.NodeProto, ...]) -> None:
    assert kernels(quantised(*behind)) == ["DynamicQuantizeMatMul 64>96 @16 /8MB"]


def test_a_quantisation_that_others_read_too_stays() -> None:
    other = helper.make_node("DequantizeLinear", ["q", "qs", "qz"], ["z"])
    proto = quantised(other)
    proto.graph.output.append(helper.make_tensor_value_info("p", FLOAT, None))
    found = kernels(proto)
    assert found[0] == "DynamicQuantizeLinear 64 @16 1B /8MB"
    assert "MatMulIntegerToFloat 64>96 @16 /8MB" in found


def with_rows_of(op: str) -> Target:
    family = FamilySpec(f"matrix product {op}", (), (), ("launch",), "", 0.1, 0.1)
    return replace(CPU, families=(*CPU.families, family))


def test_a_target_with_rows_of_such_products_prices_the_file_as_it_is_stored() -> None:
    readings = Readings(read_model(quantised(BIAS)), as_stored=False)
    assert readings.on(CPU).stored == "dynamic int8"
    assert readings.on(with_rows_of("MatMulNBits")).stored == "dynamic int8"
    read = readings.on(with_rows_of("DynamicQuantizeMatMul"))
    assert read.stored == ""
    assert read.model is readings.model
