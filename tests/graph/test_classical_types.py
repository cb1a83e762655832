"""Shapes behind the operators that sklearn's and its like's converters write."""

from __future__ import annotations

from typing import Any

import onnx
import pytest
from onnx import helper

from archlint.graph import Model, read_model
from tests.graph.making import Dims, ints, model, value, weight

ML = "ai.onnx.ml"


def behind(op_type: str, shape: Dims, outputs: int = 1, **attributes: Any) -> Model:
    """The operator behind one that stops ONNX's inference, and an Identity of each output."""
    made = [f"y{number}" for number in range(outputs)]
    nodes = [
        helper.make_node("Scaler", ["x"], ["s"], domain=ML),
        helper.make_node(op_type, ["s"], made, domain=ML, **attributes),
    ]
    nodes += [helper.make_node("Identity", [each], [f"{each}/same"]) for each in made]
    return read_model(model(nodes, [value("x", shape)]))


def shapes(found: Model) -> list[tuple[tuple[int, ...] | None, str]]:
    return [(op.output.shape, op.output.dtype) for op in found.operators[2:]]


@pytest.mark.parametrize("op_type", ["Scaler", "Normalizer", "Imputer", "Binarizer"])
def test_what_maps_numbers_keeps_the_shape(op_type: str) -> None:
    assert shapes(behind(op_type, [2, 10])) == [((2, 10), "float")]


@pytest.mark.parametrize(
    ("op_type", "attributes", "columns"),
    [
        ("TreeEnsembleRegressor", {"n_targets": 3}, 3),
        ("LinearRegressor", {"targets": 2}, 2),
        ("SVMRegressor", {}, 1),
    ],
)
def test_a_regressor_has_a_row_of_targets(
    op_type: str, attributes: dict[str, int], columns: int
) -> None:
    assert shapes(behind(op_type, [2, 10], **attributes)) == [((2, columns), "float")]


@pytest.mark.parametrize(
    ("op_type", "labels", "dtype"),
    [
        ("TreeEnsembleClassifier", {"classlabels_int64s": [0, 1, 2]}, "int64"),
        ("LinearClassifier", {"classlabels_ints": [0, 1, 2]}, "int64"),
        ("SVMClassifier", {"classlabels_strings": ["a", "b", "c"]}, "string"),
    ],
)
def test_a_classifier_has_a_label_and_the_scores_of_all(
    op_type: str, labels: dict[str, list[int] | list[str]], dtype: str
) -> None:
    expected = [((2,), dtype), ((2, 3), "float")]
    assert shapes(behind(op_type, [2, 10], 2, **labels)) == expected


def test_a_classifier_without_labels_has_no_shape_of_scores() -> None:
    assert shapes(behind("SVMClassifier", [2, 10], 2)) == [((2,), "int64"), (None, "")]


@pytest.mark.parametrize(
    ("labels", "expected"), [([2], (1, 4)), ([3, 2], (3, 4))], ids=["a row", "rows"]
)
def test_features_are_taken_from_each_row(labels: list[int], expected: tuple[int, ...]) -> None:
    nodes = [
        helper.make_node("ArrayFeatureExtractor", ["labels", "best"], ["label"], domain=ML),
        helper.make_node("Cast", ["label"], ["y"], to=onnx.TensorProto.INT64),
    ]
    proto = model(
        nodes, [value("best", [4], onnx.TensorProto.INT64)], weights=[weight("labels", *labels)]
    )
    assert read_model(proto).operators[-1].output.shape == expected


def test_an_operator_not_known_has_no_shape() -> None:
    assert shapes(behind("Fancy", [2, 10])) == [(None, "")]


def test_a_scaler_in_front_of_a_product_leaves_its_flops() -> None:
    nodes = [
        helper.make_node("Scaler", ["x"], ["s"], domain=ML),
        helper.make_node("MatMul", ["s", "w"], ["m"]),
        helper.make_node("Reshape", ["m", "shape"], ["y"]),
    ]
    weights = [weight("w", 10, 5), ints("shape", -1)]
    found = read_model(model(nodes, [value("x", [2, 10])], weights=weights))
    assert found.flops == 2 * 2 * 10 * 5
    assert found.operators[-1].output.shape == (10,)
