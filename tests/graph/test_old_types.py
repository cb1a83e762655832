"""Operators of opset 1 to 5, for which ONNX has no shape functions, have shapes all the same."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from onnx import defs, helper

from archlint.graph import read_model
from tests.graph.making import model, value, weight

CASES = Path(__file__).parents[1] / "cases"
X = (1, 8, 6, 4)
LIKE_X = """
Abs BatchNormalization Ceil Clip Dropout Elu Exp Floor HardSigmoid InstanceNormalization LeakyRelu
Log Neg Reciprocal Relu Selu Sigmoid Sqrt Tanh
""".split()
EXPERIMENTS = """
Affine ImageScaler MeanVarianceNormalization ParametricSoftplus Scale ScaledTanh ThresholdedRelu
""".split()
OF_TWO = ["Add", "Div", "Max", "Mean", "Min", "Mul", "PRelu", "Sub", "Sum"]
FURTHER = {"BatchNormalization": 4, "InstanceNormalization": 2}


def shape_of(op_type: str, inputs: list[str], opset: int, **attributes: Any) -> object:
    node = helper.make_node(op_type, inputs, ["y"], **attributes)
    weights = [weight(name, 8) for name in inputs if name.startswith("w")]
    proto = model([node], [value("x", X), value("b", X)], weights=weights, opset=opset)
    return read_model(proto).operators[0].output.shape


@pytest.mark.parametrize("op_type", LIKE_X)
def test_what_keeps_its_shape_keeps_it_in_opset_1(op_type: str) -> None:
    names = ["x", *(f"w{n}" for n in range(FURTHER.get(op_type, 0)))]
    assert shape_of(op_type, names, 1, consumed_inputs=[0]) == X


@pytest.mark.parametrize("op_type", EXPERIMENTS)
def test_an_experiment_of_the_first_opsets_keeps_the_shape(op_type: str) -> None:
    assert shape_of(op_type, ["x"], 1) == X


@pytest.mark.parametrize("op_type", OF_TWO)
def test_an_operator_of_two_has_the_shape_of_the_first_in_opset_1(op_type: str) -> None:
    assert shape_of(op_type, ["x", "b"], 1) == X


def test_an_operand_of_one_axis_is_spread_over_the_first() -> None:
    assert shape_of("Add", ["x", "w"], 3, broadcast=1, axis=1) == X


OTHER_FORMS = {
    "Cast": ({"to": b"FLOAT16"}, X),
    "Concat": ({}, (1, 16, 6, 4)),
    "GlobalLpPool": ({}, (1, 8, 1, 1)),
    "LpPool": ({"kernel_shape": [2, 2], "strides": [2, 2]}, (1, 8, 3, 2)),
    "Pad": ({"paddings": [0, 0, 1, 1, 0, 0, 1, 1]}, (1, 8, 8, 6)),
    "Reshape": ({"shape": [1, -1]}, (1, 192)),
    "Split": ({"axis": 1, "split": [8]}, X),
    "Upsample": ({"height_scale": 2.0, "width_scale": 3.0}, (1, 8, 12, 12)),
}


@pytest.mark.parametrize(("op_type", "form"), OTHER_FORMS.items(), ids=OTHER_FORMS)
def test_attributes_of_opset_1_are_read(
    op_type: str, form: tuple[dict[str, object], tuple[int, ...]]
) -> None:
    attributes, shape = form
    inputs = ["x", "b"] if op_type == "Concat" else ["x"]
    assert shape_of(op_type, inputs, 1, **attributes) == shape


def test_a_product_of_opset_1_has_rows_and_columns() -> None:
    node = helper.make_node("Gemm", ["a", "w", "c"], ["y"], broadcast=1, transB=1)
    weights = [weight("w", 5, 8), weight("c", 5)]
    found = read_model(model([node], [value("a", [3, 8])], weights=weights, opset=3))
    assert found.operators[0].output.shape == (3, 5)
    assert found.flops == 2 * 3 * 5 * 8


def test_no_operator_of_onnx_is_left_without_a_shape_function_here() -> None:
    without = {
        each.name
        for each in defs.get_all_schemas_with_history()
        if not each.domain
        and not each.has_type_and_shape_inference_function
        and not each.has_function  # type: ignore[attr-defined]  # missing in onnx's stubs
        and not each.has_context_dependent_function  # type: ignore[attr-defined]
    }
    known = {*LIKE_X, *OF_TWO, *OTHER_FORMS, "GRU", "Gemm"}
    assert without - known == {"Compress"}  # of which data tell how much it keeps


def test_a_network_of_opset_3_costs_what_it_costs_at_opset_13() -> None:
    found = read_model(str(CASES / "opset3.onnx"))
    assert found.unread == ()
    assert round(found.flops / 1e9, 2) == 1.42
    assert all(each.output.shape is not None for each in found.operators)
