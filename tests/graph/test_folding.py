"""A chain of constants gives sizes, whatever operators it is made of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from archlint.graph import read_model
from archlint.graph.reference import evaluate_by_reference
from tests.graph.making import model, value, weight

CASES = Path(__file__).parents[1] / "cases"
PADS = [0, 0, 1, 1, 0, 0, 1, 1]


def padded(nodes: Sequence[onnx.NodeProto], given: Mapping[str, object]) -> onnx.ModelProto:
    """A 3x3 conv behind a Pad by what the nodes make of constants."""
    return model(
        [
            *nodes,
            helper.make_node("Pad", ["x", "pads"], ["padded"]),
            helper.make_node("Conv", ["padded", "w"], ["y"]),
        ],
        [value("x", [1, 16, 8, 8])],
        weights=[
            weight("w", 16, 16, 3, 3),
            *(numpy_helper.from_array(np.asarray(each), name) for name, each in given.items()),
        ],
    )


def node(op_type: str, inputs: str, outputs: str = "pads", **attributes: Any) -> onnx.NodeProto:
    return helper.make_node(op_type, inputs.split(","), outputs.split(","), **attributes)


CHAINS = {
    "Clip without a minimum": ([node("Clip", "p,,high")], {"p": PADS, "high": np.int64(1)}),
    "Compress of many": (
        [node("Tile", "p,often", "many"), node("Compress", "many,is", axis=0)],
        {"p": PADS, "often": [40], "is": [True] * 8},
    ),
    "CumSum": ([node("CumSum", "p,axis")], {"p": [0, 0, 1, 0, -1, 0, 1, 0], "axis": np.int64(0)}),
    "Einsum": (
        [node("Einsum", "p,q", "f", equation="i,ij->j"), node("Cast", "f", to=7)],
        {"p": np.asarray(PADS, np.float32), "q": np.eye(8, dtype=np.float32)},
    ),
    "GatherND": ([node("GatherND", "p,at")], {"p": PADS, "at": [[n] for n in range(8)]}),
    "If of a constant": (
        [
            helper.make_node(
                "If", ["is"], ["pads"],
                then_branch=helper.make_graph(
                    [node("Identity", "p", "then")], "then", [], [value("then", [8], 7)]
                ),
                else_branch=helper.make_graph(
                    [node("Neg", "p", "else")], "else", [], [value("else", [8], 7)]
                ),
            )
        ],
        {"p": PADS, "is": np.bool_(True)},
    ),
    "NonZero of many": (
        [
            node("ConstantOfShape", "n", "ones", value=numpy_helper.from_array(np.array([1]))),
            node("NonZero", "ones", "counted"),
            node("Gather", "counted,p", "row", axis=1),
            node("Squeeze", "row,first"),
        ],
        {"n": [197], "p": PADS, "first": [0]},
    ),
    "OneHot": (
        [node("OneHot", "at,depth,off_on", "rows"), node("ReduceMax", "rows,axes", keepdims=0)],
        {"at": [2, 3, 6, 7], "depth": np.int64(8), "off_on": [0, 1], "axes": [0]},
    ),
    "Optional": (
        [node("Optional", "p", "maybe"), node("OptionalGetElement", "maybe")],
        {"p": PADS},
    ),
    "Pow": ([node("Pow", "p,two")], {"p": PADS, "two": np.float32(2)}),
    "Range of many": (
        [node("Range", "zero,most,one", "all"), node("Gather", "all,p")],
        {"zero": np.int64(0), "most": np.int64(300), "one": np.int64(1), "p": PADS},
    ),
    "Round": (
        [node("Round", "p", "q"), node("Cast", "q", to=onnx.TensorProto.INT64)],
        {"p": np.asarray(PADS, np.float32) + np.float32(0.1)},
    ),
    "ScatterND": (
        [node("ScatterND", "p,at,ones")],
        {"p": [0] * 8, "at": [[2], [3], [6], [7]], "ones": [1] * 4},
    ),
    "sequence begun empty": (
        [
            helper.make_node("SequenceEmpty", [], ["none"], dtype=TensorProto.INT64),
            node("SequenceInsert", "none,p", "one"),
            node("SequenceAt", "one,zero"),
        ],
        {"p": PADS, "zero": np.int64(0)},
    ),
    "sequence of parts": (
        [node("SplitToSequence", "p,four", "halves"), node("ConcatFromSequence", "halves", axis=0)],
        {"p": PADS, "four": np.int64(4)},
    ),
    "Split": ([node("Split", "p,sizes", "pads,rest", axis=0)], {"p": [*PADS, 9], "sizes": [8, 1]}),
    "Sum": ([node("Sum", "p,zero")], {"p": PADS, "zero": np.zeros(8, np.int64)}),
    "Tile": ([node("Tile", "p,twice")], {"p": PADS[:4], "twice": [2]}),
    "TopK": ([node("TopK", "p,k", "pads,at", axis=0)], {"p": [0] * 9, "k": [8]}),
    "Trilu": (
        [node("Trilu", "p", "rows", upper=0), node("Reshape", "rows,shape")],
        {"p": np.reshape(PADS, (4, 2)), "shape": [8]},
    ),
}  # fmt: skip


@pytest.mark.parametrize(("nodes", "given"), CHAINS.values(), ids=CHAINS)
def test_a_chain_of_constants_gives_the_conv_its_shape(
    nodes: Sequence[onnx.NodeProto], given: Mapping[str, object]
) -> None:
    found = read_model(padded(nodes, given))
    assert found.unread == ()
    conv = next(each for each in found.operators if each.op_type == "Conv")
    assert conv.output.shape is not None
    assert conv.output.shape[:2] == (1, 16)
    assert conv.flops == 2 * 9 * 16 * int(np.prod(conv.output.shape))


@pytest.mark.parametrize("file", sorted(CASES.glob("fold_*.onnx")), ids=lambda file: file.stem)
def test_folded_constants_of_a_file_give_the_conv_its_shape(file: Path) -> None:
    found = read_model(str(file))
    assert found.unread == ()
    conv = next(each for each in found.operators if each.op_type == "Conv")
    assert conv.flops


def test_what_is_too_large_is_not_made() -> None:
    nodes = [node("Tile", "p,often", "many"), node("Slice", "many,zero,eight")]
    given = {"p": [1], "often": [2**20], "zero": [0], "eight": [8]}
    (unread,) = read_model(padded(nodes, given)).unread
    assert (unread.op_type, unread.lost_type) == ("Conv", "Pad")


@pytest.mark.parametrize(
    ("bad", "inputs"),
    [
        (node("NoSuchOperator", "a"), [np.ones(3)]),
        (node("Reshape", "a,b"), [np.ones(3), np.asarray([2])]),
        (node("Conv", "a,b"), [np.ones((1, 1, 3, 3)), np.ones((1, 1, 1, 1))]),
        (node("Log", "a"), [np.zeros(1, np.float32)]),
        (node("Einsum", "a,b,a", equation="i,j,k->"), [np.ones(200), np.ones(200)]),
    ],
    ids=["unknown", "fault", "not bounded", "not finite", "many steps"],
)
def test_what_cannot_be_evaluated_has_no_value(bad: onnx.NodeProto, inputs: list[object]) -> None:
    named = dict(zip("ab", inputs, strict=False))
    arrays = [np.asarray(named[name]) for name in bad.input]
    assert evaluate_by_reference(bad, arrays, 20) == ()


def test_what_is_made_for_a_model_has_an_end() -> None:
    """Each of the chains is small enough alone; all of them are not made."""
    nodes = [
        each
        for chain in range(40)
        for each in (
            node("Tile", "p,often", f"many{chain}"),
            node("Slice", f"many{chain},zero,eight", f"pads{chain}"),
            node("Pad", f"x,pads{chain}", f"padded{chain}"),
        )
    ]
    given = {"p": [0], "often": [2**16], "zero": [0], "eight": [8], "pads": PADS}
    shapes = [each.output.shape for each in read_model(padded(nodes, given)).operators[:40]]
    assert shapes[0] == (1, 16, 8, 8)
    assert shapes[39] is None
