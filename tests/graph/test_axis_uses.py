"""What an input's axes are is told by the operators that read them, where no name tells it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import onnx
import pytest
from onnx import TensorProto, helper

from archlint.errors import UsageError
from archlint.graph import axis_uses, read_model
from archlint.graph.attributes import read_attribute
from archlint.graph.operator import Attribute
from archlint.graph.symbols import value_of
from tests.graph.making import Dims, ints, model, value, weight

Inputs = dict[str, Dims]


def node(op_type: str, inputs: str, output: str, **attributes: Any) -> onnx.NodeProto:
    return helper.make_node(op_type, inputs.split(","), [output], **attributes)


def image(*before: onnx.NodeProto) -> list[onnx.NodeProto]:
    """A conv on what the nodes make of x."""
    return [*before, node("Conv", f"{before[-1].output[0] if before else 'x'},w", "y")]


LSTM = node("LSTM", "x,W,R", "y", hidden_size=16)
WEIGHTS = [
    weight("w", 16, 3, 3, 3), weight("one", 16, 1, 3, 3), weight("v", 32, 64),
    weight("W", 1, 64, 8), weight("R", 1, 64, 16), weight("E", 100, 32), ints("first", 0),
    ints("front", 0, 1), helper.make_tensor("i0", TensorProto.INT64, [], [0]),
]  # fmt: skip
ATTENTION = [
    node("Transpose", "x", "t", perm=[1, 0]),
    node("MatMul", "x,t", "s"),
    node("Softmax", "s", "p"),
    node("MatMul", "p,x", "y"),
]
NO_BATCH: dict[str, tuple[list[onnx.NodeProto], Inputs]] = {
    "an image without a batch": (image(node("Unsqueeze", "x,first", "u")), {"x": [3, 64, 64]}),
    "an image with channels last": (
        image(node("Transpose", "x", "t", perm=[2, 0, 1]), node("Unsqueeze", "t,first", "u")),
        {"x": [48, 64, 3]},
    ),
    "a spectrum over time": (
        [node("Unsqueeze", "x,front", "u"), node("Conv", "u,one", "y")],
        {"x": [50, 80]},
    ),
    "rows of attention": (ATTENTION, {"x": [32, 64]}),
    "a sentence": ([node("Gather", "E,x", "e"), node("MatMul", "e,v", "y")], {"x": [77]}),
    "samples": (
        [node("Unsqueeze", "x,front", "u"), node("Conv", "u,wave", "y")],
        {"x": [16000]},
    ),
    "points in pillars": ([node("MatMul", "x,v", "y")], {"x": [12000, 20, 32]}),
    "points that a maximum joins": (
        [node("MatMul", "x,v", "h"), node("ReduceMax", "h,first", "y")],
        {"x": [40, 32]},
    ),
    "nodes and edges": (
        [
            node("Gather", "edges,i0", "from", axis=0),
            node("Gather", "x,from", "e", axis=0),
            node("MatMul", "e,v", "y"),
        ],
        {"x": [50, 32], "edges": [2, 200]},
    ),
}


def net(nodes: Sequence[onnx.NodeProto], inputs: Inputs) -> onnx.ModelProto:
    whole = {"edges"} | ({"x"} if inputs.get("x") == [77] else set())
    return model(
        nodes,
        [
            value(name, dims, TensorProto.INT64 if name in whole else TensorProto.FLOAT)
            for name, dims in inputs.items()
        ],
        weights=[*WEIGHTS, weight("wave", 16, 1, 10)],
    )


@pytest.mark.parametrize(("nodes", "inputs"), NO_BATCH.values(), ids=NO_BATCH)
def test_a_first_dim_that_is_no_batch_is_none(nodes: list[onnx.NodeProto], inputs: Inputs) -> None:
    proto = net(nodes, inputs)
    found = read_model(proto)
    assert found.batch is None
    assert found.unread == ()
    with pytest.raises(UsageError, match="batch: no input has one"):
        read_model(proto, batch=4)


@pytest.mark.parametrize("dims", [[30, 1, 8], [None, None, 8], ["seq", "batch", 8]])
def test_the_batch_of_a_recurrent_operator_is_its_second_dim(dims: Dims) -> None:
    steps = dims[0] if isinstance(dims[0], int) else 128
    found = read_model(net([LSTM], {"x": dims}))
    assert (found.batch, found.inputs[0].shape) == (1, (steps, 1, 8))
    four = read_model(net([LSTM], {"x": dims}), batch=4)
    assert four.inputs[0].shape == (steps, 4, 8)
    assert four.operators[0].flops == 4 * (found.operators[0].flops or 0)


def test_of_very_many_readers_some_tell_what_an_axis_is(monkeypatch: pytest.MonkeyPatch) -> None:
    nodes = [node("Cast", "x", f"t{number}", to=1) for number in range(5000)]
    asked = []

    def reads(attribute: onnx.AttributeProto) -> Attribute:
        asked.append(attribute)
        return read_attribute(attribute)

    monkeypatch.setattr(axis_uses, "read_attribute", reads)
    read_model(net([node("MatMul", "x,v", "y"), *nodes], {"x": [8, 32]}))
    assert len(asked) < 4000


def test_a_batch_that_meets_a_weight_of_rows_is_one() -> None:
    found = read_model(net([node("MatMul", "x,v", "y")], {"x": [8, 32]}))
    assert found.batch == 8


def test_the_images_have_the_batch_whatever_comes_before_them() -> None:
    nodes = [
        node("Conv", "x,w", "map"),
        helper.make_node(
            "RoiAlign", ["map", "boxes", "of"], ["y"], output_height=7, output_width=7
        ),
    ]
    inputs: Inputs = {"boxes": [40, 4], "of": [40], "x": [1, 3, 64, 64]}
    proto = net(nodes, inputs)
    proto.graph.input[1].type.tensor_type.elem_type = TensorProto.INT64
    assert read_model(proto).batch == 1
    assert [each.shape for each in read_model(proto, batch=4).inputs] == [
        (40, 4), (40,), (4, 3, 64, 64)
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("nodes", "dims", "sizes"),
    [
        ([node("Conv", "x,one", "y")], ["b", "c", "h", "w"], (1, 1, 224, 224)),
        ([node("Conv", "x,wave", "y")], ["b", "c", "L"], (1, 1, 128)),
        ([node("MatMul", "x,v", "y")], ["b", "t", "c"], (1, 128, 32)),
        (
            image(node("Transpose", "x", "t", perm=[2, 0, 1]), node("Unsqueeze", "t,first", "u")),
            ["height", "width", 3],
            (224, 224, 3),
        ),
    ],
)
def test_open_dims_are_what_the_operators_that_read_them_ask_for(
    nodes: list[onnx.NodeProto], dims: Dims, sizes: tuple[int, ...]
) -> None:
    found = read_model(net(nodes, {"x": dims}))
    assert found.inputs[0].shape == sizes
    assert found.unread == ()


def test_a_size_by_a_weight_is_no_assumption_of_ours() -> None:
    found = read_model(net([node("Conv", "x,one", "y")], {"x": [1, "c", 8, 8]}))
    assert found.assumptions == ("input x: c = 1 (by a weight)",)
    assert not found.inputs[0].assumed


def test_rows_of_a_cache_are_no_side_of_an_image_and_sums_of_symbols_are_sums() -> None:
    nodes = [
        node("Concat", "past,new", "keys", axis=2),
        node("Add", "keys,mask", "y"),
    ]
    inputs: Inputs = {
        "mask": ["batch", 1, "past_len + new_len", 1],
        "past": ["batch", 4, "past_len", 8],
        "new": ["batch", 4, "new_len", 8],
    }
    found = read_model(net(nodes, inputs))
    assert [each.shape for each in found.inputs] == [(1, 1, 256, 1), (1, 4, 128, 8), (1, 4, 128, 8)]


@pytest.mark.parametrize(
    ("symbol", "size"),
    [("a", 3), ("a + b", 7), ("2*a - 1", 5), ("b//2", 2), ("a + c", None), ("a/2", None),
     ("a**9", None), ("a - 9", None), ("b//0", None), ("f(a)", None), ("a +", None)],
)  # fmt: skip
def test_arithmetic_on_symbols_that_are_known_is_done(symbol: str, size: int | None) -> None:
    assert value_of(symbol, {"a": 3, "b": 4}) == size
