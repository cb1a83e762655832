from __future__ import annotations

from dataclasses import replace

import onnx
import pytest
from onnx import helper

from archlint.errors import ModelError
from archlint.graph import Model, read_model
from archlint.graph.operator import Operator, Tensor
from archlint.graph.rewrite import Rewrite, rewritten
from archlint.graph.rewritten_file import rewritten_file
from archlint.testing import Net


def chain() -> Net:
    """Four operators, of which the second is to be two others."""
    net = Net()
    x = net.op("Relu", net.input(1, 8, 4, 4), name="first")
    x = net.op("Sigmoid", x, name="second")
    net.op("Tanh", net.op("Exp", x, name="third"), name="fourth")
    return net


def negated(model: Model) -> Rewrite:
    """Sigmoid(x) as Sigmoid(x * 1), with a new constant."""
    op = model.operators[1]
    one = Tensor("one", (1,), "float", True, (1.0,))
    between = replace(op.output, name="between")
    times = Operator(1, "times", "Mul", "", (op.activations[0], one), (between,))
    return Rewrite(frozenset({1}), (replace(op, inputs=(between,)), times))


def types(model: Model) -> list[str]:
    return [op.op_type for op in model.operators]


def test_what_is_made_stands_where_it_was_in_an_order_that_can_run() -> None:
    model = chain().model()
    other, origin = rewritten(model, negated(model))
    assert types(other) == ["Relu", "Mul", "Sigmoid", "Exp", "Tanh"]
    assert origin == (0, 1, 1, 2, 3)
    assert [op.index for op in other.operators] == [0, 1, 2, 3, 4]
    assert list(other.graph.successors(1)) == [2]
    assert (other.operators[1].flops, other.operators[1].mac) == (128, 1028)


def test_the_model_itself_stays() -> None:
    model = chain().model()
    rewritten(model, negated(model))
    assert types(model) == ["Relu", "Sigmoid", "Exp", "Tanh"]


def test_the_file_gets_new_constants_and_an_order_that_can_run() -> None:
    net = chain()
    model = net.model()
    proto = net.proto()
    other = rewritten_file(model, proto, negated(model))
    assert [node.op_type for node in other.graph.node] == ["Relu", "Mul", "Sigmoid", "Exp", "Tanh"]
    assert [each.name for each in other.graph.initializer] == ["one"]
    assert len(proto.graph.node) == 4


def test_a_branch_that_reads_what_is_made_comes_behind_it() -> None:
    net = chain()
    proto = net.proto("fourth")
    branch = helper.make_graph(
        [helper.make_node("Neg", ["second"], ["taken"])], "branch", [],
        [helper.make_tensor_value_info("taken", 1, None)],
    )  # fmt: skip
    proto.graph.initializer.append(helper.make_tensor("yes", onnx.TensorProto.BOOL, [], [1]))
    proto.graph.node.append(
        helper.make_node("If", ["yes"], ["chosen"], then_branch=branch, else_branch=branch)
    )
    proto.graph.output.append(helper.make_tensor_value_info("chosen", 1, None))
    model = read_model(proto)
    other = rewritten_file(model, proto, negated(model))
    types = [node.op_type for node in other.graph.node]
    assert types.index("Sigmoid") < types.index("If")


def test_what_is_in_a_function_is_not_in_the_file_s_graph() -> None:
    model = chain().model()
    proto = chain().proto()
    proto.graph.node[1].op_type = "HardSigmoid"
    with pytest.raises(ModelError, match="second is no node of the file's main graph"):
        rewritten_file(model, proto, negated(model))
