from __future__ import annotations

from pathlib import Path
from typing import Any

import networkx as nx
import onnx
import pytest
from onnx import NodeProto, TensorProto, helper

from archlint.errors import ModelError
from archlint.graph import read_model
from tests.graph.making import PATHS, Dims, ints, model, value, weight


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_every_operator_has_shapes(path: Path) -> None:
    found = read_model(str(path))
    for op in found.operators:
        assert not op.malformed
        assert op.flops is not None
        assert op.mac is not None
        for tensor in (*op.inputs, *op.outputs):
            assert tensor is None or (tensor.shape is not None and tensor.dtype)


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_the_graph_has_an_edge_for_each_use(path: Path) -> None:
    found = read_model(str(path))
    assert [op.index for op in found.operators] == list(range(len(found.operators)))
    assert nx.is_directed_acyclic_graph(found.graph)
    assert set(found.graph) == {op.index for op in found.operators}
    made = {tensor.name for op in found.operators for tensor in op.outputs}
    uses = [t.name for op in found.operators for t in op.inputs if t is not None]
    assert found.graph.number_of_edges() == sum(name in made for name in uses)
    for op in found.operators:
        assert found.uses(op.index) == found.graph.out_degree(op.index)
        assert len(found.before(op.index)) == len(list(found.graph.predecessors(op.index)))
        assert len(found.after(op.index)) == len(list(found.graph.successors(op.index)))
    for maker, user, tensor in found.graph.edges(data="tensor"):
        assert maker < user
        assert maker in found.before(user)
        assert user in found.after(maker)
        assert tensor in found.operators[maker].outputs
        assert tensor in found.operators[user].inputs


def _refused(proto: onnx.ModelProto) -> str:
    with pytest.raises(ModelError) as caught:
        read_model(proto)
    return caught.value.reason


def _relu(source: str, output: str, name: str = "") -> NodeProto:
    return helper.make_node("Relu", [source], [output], name=name)


_X = value("x", [1, 4])


def test_nodes_in_any_order_are_sorted_and_else_stay_as_they_are() -> None:
    proto = model([_relu("b", "c"), _relu("x", "a"), _relu("x", "d"), _relu("a", "b")], [_X])
    found = read_model(proto)
    assert [op.name for op in found.operators] == ["Relu_1", "Relu_2", "Relu_3", "Relu_0"]


def test_a_cycle_is_refused_with_an_operator_on_it() -> None:
    proto = model([_relu("b", "z", "behind"), _relu("b", "a", "on"), _relu("a", "b", "too")], [_X])
    assert _refused(proto) in (
        "has a cycle through operator on",
        "has a cycle through operator too",
    )


def test_a_tensor_that_nothing_makes_is_refused_with_its_operator() -> None:
    assert _refused(model([_relu("gone", "y", "act")], [_X])) == (
        "operator act uses tensor 'gone', which nothing makes"
    )
    assert _refused(model([_relu("x", "y")], [_X], [value("out", [1])])) == (
        "output 'out' is made by nothing"
    )


def test_a_tensor_that_two_make_is_refused() -> None:
    assert _refused(model([_relu("x", "y", "one"), _relu("x", "y", "two")], [_X])) == (
        "tensor 'y' is made by one and by operator two"
    )
    assert _refused(model([_relu("x", "x", "one")], [_X])) == (
        "tensor 'x' is made by an input or initializer and by operator one"
    )
    proto = model([_relu("x", "y")], [_X], weights=[weight("w", 1), weight("w", 1)])
    assert _refused(proto) == "has two initializers named 'w'"


@pytest.mark.parametrize(
    ("shape", "weights", "attributes", "fault"),
    [
        ([1, 8, 5, 5], (4, 8, 3, 3), {"group": 0}, "group is 0"),
        ([1, 8, 5, 5], (4, 4, 3, 3), {}, "8 input channels, but its weight takes 4"),
        ([1, 9, 5, 5], (4, 3, 3, 3), {"group": 3}, "4 output channels in 3 groups"),
        ([1, 8, 5, 5], (4, 8), {}, "its weight has 2 dims"),
        ([1, 8, 5], (4, 8, 3, 3), {}, "its input has 3 dims, its weight 4"),
        ([1, 8, 5, 5], (4, 8, 3, 3), {"strides": [0, 1]}, "strides are 0x1"),
        (
            [1, 8, 5, 5],
            (4, 8, 3, 3),
            {"kernel_shape": [1, 1]},
            "kernel_shape is 1x1, but its weight is 4x8x3x3",
        ),
    ],
)
def test_a_malformed_conv_is_marked_and_the_rest_goes_on(
    shape: Dims, weights: tuple[int, ...], attributes: dict[str, Any], fault: str
) -> None:
    nodes = [helper.make_node("Conv", ["x", "w"], ["c"], **attributes), _relu("x", "y")]
    conv, relu = read_model(
        model(nodes, [value("x", shape)], weights=[weight("w", *weights)])
    ).operators
    assert conv.malformed == fault
    assert conv.flops is None
    assert conv.mac is None
    assert relu.flops is not None


@pytest.mark.parametrize("said", [-1, 0, 1, 2**31])
def test_a_split_has_the_outputs_that_it_has_whatever_it_says(said: int) -> None:
    split = helper.make_node("Split", ["x"], ["a", "b"], axis=1, num_outputs=said)
    proto = model([split], [_X], [value("a", None)])
    (found,) = read_model(proto).operators
    assert found.malformed == f"num_outputs {said} for 2 outputs"
    assert [each.shape for each in found.outputs] == [(1, 2), (1, 2)]


def test_other_malformed_operators_are_marked() -> None:
    nodes = [
        helper.make_node("Conv", ["x"], ["a"]),
        helper.make_node("MatMul", ["x", "w"], ["b"]),
        helper.make_node("Gemm", ["x", "w"], ["c"]),
        helper.make_node("Add", ["x", "w"], ["d"]),
        helper.make_node("Reshape", ["x", "s"], ["e"]),
        helper.make_node("Transpose", ["x"], ["t"], perm=[2, 0]),
        helper.make_node("Relu", [], ["f"]),
        helper.make_node("Relu", ["x"], []),
        helper.make_node("QuantizeLinear", ["x"], ["q"]),
        helper.make_node("Slice", ["x", "s"], ["g"]),
        helper.make_node("Add", ["x", "x", "x"], ["h"]),
    ]
    proto = model(nodes, [_X], [value("e", None)], [weight("w", 3, 5), ints("s", 7)])
    assert [op.malformed for op in read_model(proto).operators] == [
        "1 of 2 required inputs",
        "sums over 4 and 3",
        "sums over 4 and 3",
        "1x4 and 3x5 do not broadcast",
        "reshapes 1x4 to 7",
        "permutes 2 dims by (2, 0)",
        "0 of 1 required input",
        "it has no output",
        "1 of 2 required inputs",
        "2 of 3 required inputs",
        "3 inputs, where ONNX has 2 at the most",
    ]


def test_inputs_that_a_later_version_has_are_no_fault() -> None:
    clip = helper.make_node("Clip", ["x", "low", "high"], ["y"])
    proto = model([clip], [_X], weights=[weight("low"), weight("high")], opset=9)
    assert read_model(proto).operators[0].malformed == ""


def test_an_unknown_domain_is_an_operator_without_a_cost() -> None:
    nodes = [helper.make_node("Odd", ["x"], ["a"], domain="odd"), _relu("x", "y")]
    odd, relu = read_model(model(nodes, [_X])).operators
    assert (odd.domain, odd.flops, odd.mac, odd.output.shape) == ("odd", None, None, None)
    assert relu.output.shape == (1, 4)


def test_operators_of_onnx_runtime_are_those_that_they_stand_for() -> None:
    nodes = [
        helper.make_node("FusedConv", ["x", "w"], ["a"], domain="com.microsoft", activation="Relu"),
        helper.make_node("QuickGelu", ["a"], ["b"], domain="com.microsoft"),
        _relu("b", "y"),
    ]
    proto = model(nodes, [value("x", [1, 3, 8, 8])], weights=[weight("w", 4, 3, 3, 3)])
    operators = read_model(proto).operators
    assert [op.op_type for op in operators] == ["Conv", "Relu", "Mul", "Sigmoid", "Mul", "Relu"]
    assert operators[0].flops == 2 * 4 * 36 * 27
    assert operators[0].weight is not None
    assert {op.output.shape for op in operators} == {(1, 4, 6, 6)}


def test_a_branch_uses_what_it_captures() -> None:
    def branch(name: str, source: str) -> onnx.GraphProto:
        return helper.make_graph([_relu(source, name)], name, [], [value(name, [1, 4])])

    nodes = [
        _relu("x", "a"),
        helper.make_node(
            "If", ["flag"], ["y"], then_branch=branch("t", "a"), else_branch=branch("e", "x")
        ),
    ]
    found = read_model(model(nodes, [_X, value("flag", [], TensorProto.BOOL)]))
    assert found.operators[1].name == "If_1/then_branch/Relu_0"
    assert list(found.graph.edges()) == [(0, 1)]


def test_a_dangling_capture_is_refused() -> None:
    branch = helper.make_graph([_relu("gone", "t")], "t", [], [value("t", [1, 4])])
    node = helper.make_node("If", ["x"], ["y"], name="if", then_branch=branch, else_branch=branch)
    assert (
        _refused(model([node], [_X]))
        == "operator if/then_branch/Relu_0 uses tensor 'gone', which nothing makes"
    )


def test_local_functions_become_their_operators() -> None:
    proto = model([helper.make_node("Twice", ["x"], ["y"], domain="local")], [_X])
    proto.opset_import.append(helper.make_opsetid("local", 1))
    proto.functions.append(
        helper.make_function(
            "local",
            "Twice",
            ["a"],
            ["b"],
            [_relu("a", "t"), _relu("t", "b")],
            [helper.make_opsetid("", 20)],
        )
    )
    assert [op.op_type for op in read_model(proto).operators] == ["Relu", "Relu"]


def test_a_missing_opset_import_is_no_obstacle() -> None:
    proto = model([_relu("x", "y")], [_X])
    del proto.opset_import[:]
    found = read_model(proto)
    assert found.opset == 0
    assert found.operators[0].output.shape == (1, 4)


def test_control_characters_of_names_are_not_passed_on() -> None:
    found = read_model(model([_relu("x", "y", "bell\x1b[31m\n")], [_X]))
    assert found.operators[0].name == "bell?[31m?"


def test_optional_inputs_and_outputs_that_are_absent() -> None:
    nodes = [
        helper.make_node("Clip", ["x", "", "high"], ["a"]),
        helper.make_node("Dropout", ["a"], ["y", ""]),
    ]
    high = helper.make_tensor("high", TensorProto.FLOAT, [], [6.0])
    clip, dropout = read_model(model(nodes, [_X], [value("y", [1, 4])], [high])).operators
    assert clip.inputs[1] is None
    assert [each.name for each in dropout.outputs] == ["y"]


def test_the_caller_s_model_is_not_changed() -> None:
    proto = onnx.load(next(path for path in PATHS if "dynbatchhw" in path.name))
    before = proto.SerializeToString(deterministic=True)
    read_model(proto, batch=8)
    assert proto.SerializeToString(deterministic=True) == before


def test_a_name_of_a_megabyte_is_cut() -> None:
    node = helper.make_node("Relu", ["x"], ["y"], name="n" * 2**20)
    (op,) = read_model(model([node], [_X])).operators
    assert op.name == "n" * 997 + "..."


@pytest.mark.parametrize("dims", [[2] * 50, [2] * 3000, [2**62] * 3])
def test_a_tensor_that_no_device_holds_has_no_part_in_any_sum(dims: list[int]) -> None:
    nodes = [_relu("x", "a"), helper.make_node("Max", ["a", "w"], ["y"]), _relu("z", "b")]
    inputs = [_X, value("z", dims)]
    found = read_model(model(nodes, inputs, [value("y", None)], [weight("w", *dims)]))
    assert found.parameters == found.weight_bytes == 0
    assert [op.malformed.partition(" of ")[0] for op in found.operators] == [
        "", "a tensor", "a tensor",
    ]  # fmt: skip
    assert found.operators[0].flops == 4


def test_an_operator_that_no_device_comes_to_an_end_of_has_no_flops() -> None:
    labels = "abcdefghijklmnopqrstuvwxyz"
    equation = ",".join(labels) + "->"
    inputs = [value(each, [2**30]) for each in labels]
    einsum = helper.make_node("Einsum", list(labels), ["sum"], equation=equation)
    (found,) = read_model(model([einsum], inputs)).operators
    assert found.flops is None
    assert found.malformed == f"{2 * 2**780:.1e} FLOPs"
