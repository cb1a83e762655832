from __future__ import annotations

from pathlib import Path

import pytest
from onnx import helper

from archlint.graph import read_model
from tests.graph.making import model, value, weight

CASES = Path(__file__).parents[1] / "cases"


@pytest.mark.parametrize(
    ("name", "given", "fault"),
    [
        ("strides", "2x2", "attribute strides holds a text, not integers"),
        ("group", 1.5, "attribute group holds a number, not an integer"),
        ("auto_pad", 3, "attribute auto_pad holds an integer, not a text"),
        ("pads", 1, "attribute pads holds an integer, not integers"),
    ],
)
def test_an_attribute_of_another_kind_is_a_fault(name: str, given: object, fault: str) -> None:
    node = helper.make_node("Conv", ["x", "w"], ["y"])
    node.attribute.append(helper.make_attribute(name, given))
    proto = model([node], [value("x", [1, 8, 8, 8])], weights=[weight("w", 8, 8, 3, 3)])
    (conv,) = read_model(proto).operators
    assert conv.malformed == fault


def test_a_file_with_strides_of_text_is_malformed() -> None:
    (conv,) = read_model(str(CASES / "strides_of_text.onnx")).operators
    assert conv.malformed == "attribute strides holds texts, not integers"


def test_an_attribute_that_onnx_does_not_know_is_left_alone() -> None:
    node = helper.make_node("Relu", ["x"], ["y"], consumed_inputs=[0], mine="text")
    (relu,) = read_model(model([node], [value("x", [1, 8])])).operators
    assert relu.malformed == ""
