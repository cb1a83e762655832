"""Files that are made to run on and on end in one line."""

from __future__ import annotations

from pathlib import Path

import onnx
import pytest
from onnx import helper

from archlint.errors import ModelError
from archlint.graph import read_model
from archlint.graph.equation import equation_fault
from tests.graph.making import model, value

CASES = Path(__file__).parents[1] / "cases"


@pytest.mark.parametrize(
    "equation", ["ij,jk->ik", "...ij,...jk->...ik", "bhid, bhjd -> bhij", "ii", "i,j"]
)
def test_an_equation_is_let_through(equation: str) -> None:
    assert equation_fault(equation) == ""


@pytest.mark.parametrize(
    "equation", ["....ij,jk->ik", "i...j...,j->i", "i.j->i", "ij->..", "i->j->k"]
)
def test_what_is_no_equation_never_comes_to_inference(equation: str) -> None:
    node = helper.make_node("Einsum", ["a", "b"], ["y"], equation=equation)
    (einsum,) = read_model(model([node], [value("a", [2, 3]), value("b", [3, 4])])).operators
    assert einsum.malformed.endswith("is no term of an equation")


def test_a_file_with_dots_that_are_no_ellipsis_ends() -> None:
    (einsum,) = read_model(str(CASES / "einsum_dots.onnx")).operators
    assert einsum.malformed == '"....ij" is no term of an equation'


def doubling(depth: int, *, inside: bool = False) -> onnx.ModelProto:
    """Functions each of which calls the one before twice, by itself or in branches of an If."""
    functions = []
    for number in range(depth):
        call = f"f{number - 1}" if number else "Relu"
        domain = "mine" if number else ""
        nodes = [
            helper.make_node(call, ["x"], ["t"], domain=domain),
            helper.make_node(call, ["t"], ["y"], domain=domain),
        ]
        if inside and number:
            branch = helper.make_graph(
                nodes, "branch", [], [helper.make_empty_tensor_value_info("y")]
            )
            true = helper.make_node(
                "Constant", [], ["is"], value=helper.make_tensor("", 9, [], [1])
            )
            nodes = [
                true,
                helper.make_node("If", ["is"], ["y"], then_branch=branch, else_branch=branch),
            ]
        opsets = [helper.make_opsetid("", 20), helper.make_opsetid("mine", 1)]
        functions.append(helper.make_function("mine", f"f{number}", ["x"], ["y"], nodes, opsets))
    proto = model(
        [helper.make_node(f"f{depth - 1}", ["x"], ["y"], domain="mine")], [value("x", [4])]
    )
    proto.functions.extend(functions)
    proto.opset_import.append(helper.make_opsetid("mine", 1))
    return proto


def test_a_few_functions_are_their_nodes() -> None:
    assert [op.op_type for op in read_model(doubling(3)).operators] == ["Relu"] * 8


@pytest.mark.parametrize("inside", [False, True])
def test_functions_that_double_are_counted_before_they_are_expanded(*, inside: bool) -> None:
    with pytest.raises(ModelError, match=r"expand to over 2\d{4} operators"):
        read_model(doubling(40, inside=inside))


def test_functions_that_carry_much_are_weighed_before_they_are_expanded() -> None:
    proto = doubling(11)
    proto.functions[0].node[0].attribute.append(helper.make_attribute("text", "x" * 60_000))
    with pytest.raises(ModelError, match="expand to over 32 MiB"):
        read_model(proto)


@pytest.mark.parametrize("calls", [["f0"], ["f1", "f0"]])
def test_a_function_that_calls_itself_is_named(calls: list[str]) -> None:
    proto = doubling(2)
    for function, call in zip(proto.functions, calls, strict=False):
        function.node[0].op_type, function.node[0].domain = call, "mine"
    with pytest.raises(ModelError, match="has a local function that calls itself: f0"):
        read_model(proto)


def test_a_file_of_functions_that_double_ends() -> None:
    with pytest.raises(ModelError, match=r"expand to over 2\d{4} operators"):
        read_model(str(CASES / "functions_that_double.onnx"))
