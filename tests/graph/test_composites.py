from __future__ import annotations

from collections import Counter
from math import pi, sqrt
from typing import Any

import onnx
import pytest
from onnx import NodeProto, helper

from archlint.graph import read_model
from archlint.graph.composites import Composite, find_composites
from tests.graph.making import MODELS, PATHS, ints, model, scalar, value, weight

_CONSTANTS = {
    "half": 0.5, "one": 1.0, "two": 2.0, "three": 3.0, "six": 6.0, "sixth": 1 / 6, "zero": 0.0,
    "root2": sqrt(2), "root_half": sqrt(0.5), "tanh_scale": sqrt(2 / pi), "cubic": 0.044715,
    "quick": 1.702, "eps": 1e-5, "seven": 7.0,
}  # fmt: skip
_SCALARS = [scalar(name, number) for name, number in _CONSTANTS.items()]


def _node(call: str, **attributes: Any) -> NodeProto:
    """`y = Mul x half` as a node."""
    output, _, rest = call.partition(" = ")
    op_type, *inputs = rest.split()
    return helper.make_node(op_type, inputs, [output], **attributes)


def _model(lines: str | list[NodeProto], *outputs: str) -> onnx.ModelProto:
    nodes = [_node(line) for line in lines.split("; ")] if isinstance(lines, str) else lines
    names = outputs or (nodes[-1].output[0],)
    return model(
        [helper.make_node("Relu", ["image"], ["x"]), *nodes],
        [value("image", [2, 8]), value("other", [2, 8])],
        [helper.make_empty_tensor_value_info(name) for name in names],
        [
            *(scalar(*each) for each in _CONSTANTS.items()),
            weight("w", 8),
            weight("b", 8),
            ints("last", -1),
        ],
        opset=20,
    )


def _found(proto: onnx.ModelProto) -> list[tuple[str, int]]:
    return [(each.kind, len(each.operators)) for each in find_composites(read_model(proto))]


_TANH_GELU = (
    "{cube}; c = Mul p cubic; s = Add x c; i = Mul s tanh_scale; t = Tanh i; o = Add t one; "
)


@pytest.mark.parametrize(
    ("lines", "kind", "count"),
    [
        ("s = Sigmoid x; y = Mul x s", "SiLU", 2),
        ("s = Sigmoid x; y = Mul s x", "SiLU", 2),
        ("q = Mul x quick; s = Sigmoid q; y = Mul x s", "QuickGelu", 3),
        ("a = Add x three; c = Clip a zero six; d = Div c six; y = Mul x d", "HardSwish", 4),
        ("a = Add three x; c = Clip a zero six; m = Mul x c; y = Div m six", "HardSwish", 4),
        ("a = Add x three; c = Clip a zero six; m = Mul c x; y = Mul m sixth", "HardSwish", 4),
        ("a = Add x three; c = Clip a zero six; y = Div c six", "HardSigmoid", 3),
        ("m = Mul x sixth; a = Add m half; y = Clip a zero one", "HardSigmoid", 3),
        ("d = Div x root2; e = Erf d; a = Add e one; m = Mul x a; y = Mul m half", "Gelu", 5),
        ("d = Mul x root_half; e = Erf d; a = Add e one; h = Mul x half; y = Mul h a", "Gelu", 5),
        ("d = Div x root2; e = Erf d; a = Add e one; h = Mul a half; y = Mul x h", "Gelu", 5),
        (_TANH_GELU.format(cube="p = Pow x three") + "m = Mul x o; y = Mul m half", "Gelu", 8),
        (
            _TANH_GELU.format(cube="q = Mul x x; p = Mul q x") + "m = Mul x half; y = Mul m o",
            "Gelu",
            9,
        ),
        ("p = Softplus x; t = Tanh p; y = Mul x t", "Mish", 3),
        ("e = Exp x; a = Add e one; l = Log a; t = Tanh l; y = Mul x t", "Mish", 5),
    ],
)
def test_each_form_is_one_composite(lines: str, kind: str, count: int) -> None:
    (found,) = find_composites(read_model(_model(lines)))
    assert (found.kind, len(found.operators)) == (kind, count)
    assert found.source == 0
    assert found.operators == tuple(range(1, count + 1))


def test_constants_are_as_near_as_bfloat16_has_them() -> None:
    lines = "a = Add x three; c = Clip a zero six; m = Mul c x; y = Mul m sixth"
    proto = _model(lines)
    (sixth,) = (each for each in proto.graph.initializer if each.name == "sixth")
    sixth.CopyFrom(scalar("sixth", 0.1669921875))
    assert _found(proto) == [("HardSwish", 4)]


def test_hard_swish_with_a_hard_sigmoid_operator() -> None:
    nodes = [_node("h = HardSigmoid x", alpha=1 / 6, beta=0.5), _node("y = Mul x h")]
    assert _found(_model(nodes)) == [("HardSwish", 2)]
    nodes = [_node("h = HardSigmoid x", alpha=0.2, beta=0.5), _node("y = Mul x h")]
    assert _found(_model(nodes)) == []


def test_clips_with_attributes_count_as_those_with_inputs() -> None:
    nodes = [
        _node("a = Add x three"),
        _node("c = Clip a", min=0.0, max=6.0),
        _node("m = Mul x c"),
        _node("y = Div m six"),
    ]
    proto = _model(nodes)
    proto.opset_import[0].version = 10
    assert _found(proto) == [("HardSwish", 4)]


def test_a_cast_to_the_dtype_that_is_there_is_part_of_a_normalisation() -> None:
    lines = "q = Pow x two; v = ReduceMean q last; e = Add v eps; r = Sqrt e; n = Div x r"
    nodes = [_node(each) for each in lines.split("; ")]
    cast = _node("c = Cast n", to=onnx.TensorProto.FLOAT)
    assert _found(_model([*nodes, cast, _node("y = Mul w c")])) == [("RMSNormalization", 7)]
    cast = _node("c = Cast n", to=onnx.TensorProto.DOUBLE)
    assert _found(_model([*nodes, cast])) == [("RMSNormalization", 5)]


_NORM = "m = ReduceMean {x} last; d = Sub {x} m; q = Pow d two; v = ReduceMean q last; "
_SCALE = "e = Add v eps; r = Sqrt e; n = Div d r"


@pytest.mark.parametrize(
    ("lines", "kind", "count"),
    [
        (_NORM.format(x="x") + _SCALE, "LayerNormalization", 7),
        (_NORM.format(x="x") + _SCALE + "; y = Mul n w", "LayerNormalization", 8),
        (_NORM.format(x="x") + _SCALE + "; g = Mul n w; y = Add g b", "LayerNormalization", 9),
        (
            "q = Pow x two; v = ReduceMean q last; e = Add v eps; r = Sqrt e; i = Reciprocal r; "
            "n = Mul x i; y = Mul w n",
            "RMSNormalization",
            7,
        ),
    ],
)
def test_each_form_of_a_normalisation(lines: str, kind: str, count: int) -> None:
    (found,) = find_composites(read_model(_model(lines)))
    assert (found.kind, len(found.operators), found.source) == (kind, count, 0)


@pytest.mark.parametrize(
    "lines",
    [
        "s = Sigmoid other; y = Mul x s",
        "a = Add x three; c = Clip a zero seven; m = Mul x c; y = Div m six",
        "a = Add x two; c = Clip a zero six; m = Mul x c; y = Div m six",
        "d = Div x two; e = Erf d; a = Add e one; m = Mul x a; y = Mul m half",
        "p = Softplus other; t = Tanh p; y = Mul x t",
        "s = Sigmoid x; y = Div s x",
    ],
)
def test_near_misses_are_none(lines: str) -> None:
    assert _found(_model(lines)) == []


def test_a_form_whose_inside_is_used_elsewhere_is_none() -> None:
    assert _found(_model("s = Sigmoid x; y = Mul x s; z = Add y s")) == []
    assert _found(_model("s = Sigmoid x; y = Mul x s", "y", "s")) == []


def test_a_factor_after_an_activation_leaves_the_activation() -> None:
    assert _found(_model("s = Sigmoid x; g = Mul x s; y = Mul g half")) == [("SiLU", 2)]
    assert _found(_model("s = Sigmoid x; g = Mul x s; y = Mul g other")) == [("SiLU", 2)]


def test_an_activation_of_a_model_s_input_has_no_source() -> None:
    proto = model(
        [helper.make_node("Sigmoid", ["x"], ["s"]), helper.make_node("Mul", ["x", "s"], ["y"])],
        [value("x", [2, 8])],
    )
    assert find_composites(read_model(proto)) == (Composite("SiLU", (0, 1), None),)


def test_the_composites_of_the_committed_models() -> None:
    counts = {
        path.stem: Counter(each.kind for each in find_composites(read_model(str(path))))
        for path in PATHS
    }
    assert {name: dict(found) for name, found in counts.items() if found} == {
        "timm_mixnet_s.ts": {"SiLU": 39},
        "tv_efficientnet_b0.dynamo": {"SiLU": 49},
    }


def test_no_two_composites_share_an_operator() -> None:
    found = find_composites(read_model(str(MODELS / "tv_efficientnet_b0.dynamo.onnx")))
    indices = [index for each in found for index in each.operators]
    assert len(set(indices)) == len(indices)
