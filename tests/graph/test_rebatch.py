"""Files that are made for one batch, at another."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from onnx import helper, numpy_helper
from onnx.reference import ReferenceEvaluator

from archlint.errors import ModelError
from archlint.graph import read_model
from archlint.graph.batch_place import Place, after_reshape
from archlint.graph.rebatch import rebatched
from archlint.graph.shapes import declared_inputs
from archlint.graph.sizes import bind_sizes
from tests.graph.making import PATHS, ints, model, value, weight

CASES = Path(__file__).parent.parent / "cases"

_CHANNELS, _SIDE, _WIDTH = 4, 4, 8


class _Made:
    """A small network with its weights, in which shapes hold the batch as a constant."""

    def __init__(self, batch: int, seed: int) -> None:
        self.batch, self.random = batch, np.random.default_rng(seed)
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []

    def constant(self, values: npt.NDArray[Any]) -> str:
        name = f"c{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(values, name))
        return name

    def numbers(self, *dims: int) -> str:
        return self.constant(self.random.standard_normal(dims).astype(np.float32))

    def shape(self, *dims: int) -> str:
        return self.constant(np.array(dims, np.int64))

    def __call__(self, op_type: str, *inputs: str, **attributes: Any) -> str:
        name = f"t{len(self.nodes)}"
        self.nodes.append(helper.make_node(op_type, inputs, [name], name=name, **attributes))
        return name

    def proto(self) -> onnx.ModelProto:
        dims = [self.batch, _CHANNELS, _SIDE, _SIDE]
        return model(self.nodes, [value("x", dims)], None, self.constants, opset=18)


def _conv(net: _Made, x: str) -> str:
    return net("Relu", net("Conv", x, net.numbers(_CHANNELS, _CHANNELS, 3, 3), pads=[1] * 4))


def _shuffle(net: _Made, x: str) -> str:
    apart = net("Reshape", x, net.shape(net.batch, 2, _CHANNELS // 2, _SIDE, _SIDE))
    swapped = net("Transpose", apart, perm=[0, 2, 1, 3, 4])
    return net("Reshape", swapped, net.shape(net.batch, _CHANNELS, _SIDE, _SIDE))


def _resize(net: _Made, x: str) -> str:
    larger = net(
        "Resize", x, "", "", net.shape(net.batch, _CHANNELS, 8, 8), mode="nearest",
        coordinate_transformation_mode="asymmetric",
    )  # fmt: skip
    return net("MaxPool", larger, kernel_shape=[2, 2], strides=[2, 2])


def _sliced(net: _Made, x: str) -> str:
    whole = net.shape(0), net.shape(net.batch), net.shape(0)
    return net("Neg", net("Slice", x, *whole))


def _windows(net: _Made, x: str) -> str:
    cut = net("Reshape", x, net.shape(net.batch, _CHANNELS, 2, 2, 2, 2))
    turned = net("Transpose", cut, perm=[0, 2, 4, 1, 3, 5])
    merged = net("Reshape", turned, net.shape(net.batch * 4, _CHANNELS, 2, 2))
    own = net("Conv", merged, net.numbers(_CHANNELS, _CHANNELS, 1, 1))
    apart = net("Reshape", own, net.shape(net.batch, 2, 2, _CHANNELS, 2, 2))
    back = net("Transpose", apart, perm=[0, 3, 1, 4, 2, 5])
    return net("Reshape", back, net.shape(net.batch, _CHANNELS, _SIDE, _SIDE))


def _strided(net: _Made, x: str) -> str:
    if net.batch > 1:
        return net("Neg", x)
    flat = net("Reshape", x, net.shape(-1))
    size = _CHANNELS * _SIDE * _SIDE
    indices = np.arange(size, dtype=np.int64)[::-1].reshape(1, _CHANNELS, _SIDE, _SIDE)
    return net("Gather", flat, net.constant(indices.copy()))


def _tokens(net: _Made, x: str) -> str:
    rows = net("Reshape", x, net.shape(net.batch, _CHANNELS, _SIDE * _SIDE))
    return net("Transpose", rows, perm=[0, 2, 1])


def _batch_first(net: _Made, x: str) -> str:
    tokens = net("MatMul", _tokens(net, x), net.numbers(_CHANNELS, _WIDTH))
    of_class = np.repeat(
        net.random.standard_normal((1, 1, _WIDTH)).astype(np.float32), net.batch, 0
    )
    tokens = net("Concat", net.constant(of_class), tokens, axis=1)
    length, heads = _SIDE * _SIDE + 1, 2
    tokens = net("Add", tokens, net.numbers(1, length, _WIDTH))
    all_three = net("MatMul", tokens, net.numbers(_WIDTH, 3 * _WIDTH))
    apart = net("Reshape", all_three, net.shape(net.batch, length, 3, heads, _WIDTH // heads))
    turned = net("Transpose", apart, perm=[2, 0, 3, 1, 4])
    q, k, v = (net("Gather", turned, net.constant(np.array(i, np.int64)), axis=0) for i in range(3))
    mask = net("Expand", net.numbers(1, 1, length, length), net.shape(net.batch, heads, 1, 1))
    scores = net("MatMul", q, net("Transpose", k, perm=[0, 1, 3, 2]))
    weights = net("Softmax", net("Add", scores, mask), axis=-1)
    joined = net("Transpose", net("MatMul", weights, v), perm=[0, 2, 1, 3])
    return net("Reshape", joined, net.shape(net.batch, length, _WIDTH))


def _sequence_first(net: _Made, x: str) -> str:
    tokens = net("MatMul", _tokens(net, x), net.numbers(_CHANNELS, _WIDTH))
    turned = net("Transpose", tokens, perm=[1, 0, 2])
    length, heads = _SIDE * _SIDE, 2
    parts = []
    for _ in range(3):
        part = net("MatMul", turned, net.numbers(_WIDTH, _WIDTH))
        apart = net("Reshape", part, net.shape(length, net.batch * heads, _WIDTH // heads))
        parts.append(net("Transpose", apart, perm=[1, 0, 2]))
    scores = net("MatMul", parts[0], net("Transpose", parts[1], perm=[0, 2, 1]))
    mixed = net("MatMul", net("Softmax", scores, axis=-1), parts[2])
    rows = net(
        "Reshape", net("Transpose", mixed, perm=[1, 0, 2]), net.shape(length * net.batch, _WIDTH)
    )
    out = net("Gemm", rows, net.numbers(_WIDTH, _WIDTH), net.numbers(_WIDTH))
    apart = net("Reshape", out, net.shape(length, net.batch, _WIDTH))
    return net("Transpose", apart, perm=[1, 0, 2])


def _classifier(net: _Made, x: str) -> str:
    pooled = net("GlobalAveragePool", x)
    rows = net("Reshape", pooled, net.shape(net.batch, _CHANNELS))
    return net("Gemm", rows, net.numbers(_CHANNELS, 3), net.numbers(3))


_Part = Callable[[_Made, str], str]
_BODY: tuple[_Part, ...] = (_conv, _shuffle, _resize, _sliced, _windows, _strided)
_HEADS: tuple[_Part, ...] = (_batch_first, _sequence_first, _classifier)


def _in_parts(
    network: ReferenceEvaluator, images: npt.NDArray[np.float32], batch: int
) -> npt.NDArray[np.float32]:
    parts = [images[i : i + batch] for i in range(0, len(images), batch)]
    results: list[Any] = [network.run(None, {"x": part}) for part in parts]
    return np.concatenate([each[0] for each in results])


@given(
    st.integers(1, 3),
    st.integers(1, 4),
    st.lists(st.sampled_from(_BODY), max_size=4),
    st.sampled_from(_HEADS),
    st.integers(0, 9),
)
@settings(max_examples=60, deadline=None)
def test_a_network_at_another_batch_computes_the_same_as_often_and_costs_as_many_times_more(
    old: int, new: int, body: list[_Part], head: _Part, seed: int
) -> None:
    net = _Made(old, seed)
    x = "x"
    for part in body:
        x = part(net, x)
    head(net, x)
    proto = net.proto()
    declared = declared_inputs(proto.graph)
    changed = rebatched("net", proto, bind_sizes(declared), bind_sizes(declared, batch=new))
    given_images = net.random.standard_normal((old * new, _CHANNELS, _SIDE, _SIDE))
    images = given_images.astype(np.float32)
    before, after = ReferenceEvaluator(proto), ReferenceEvaluator(changed)
    expected = _in_parts(before, images, old)
    np.testing.assert_allclose(_in_parts(after, images, new), expected, 1e-4, 1e-5)
    assert read_model(proto, batch=new).flops * old == read_model(proto).flops * new


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_every_model_takes_another_batch(path: Path) -> None:
    own, other = read_model(str(path)), read_model(str(path), batch=8)
    assert other.batch == 8
    assert other.flops == 8 * own.flops
    assert not [each for each in other.operators if each.malformed]
    assert all(each.output.shape is not None for each in other.operators)


def test_what_was_rewritten_is_said() -> None:
    found = read_model(str(CASES / "batch_baked_8.onnx"), batch=2)
    assert found.assumptions == ("constants for batch 8 are rewritten for 2",)
    assert found.flops * 4 == read_model(str(CASES / "batch_baked_8.onnx")).flops


def test_another_batch_and_another_size_at_once() -> None:
    path = str(next(each for each in PATHS if each.stem == "tv_resnet50.dynamo"))
    one, four = (read_model(path, inputs={"x": (n, 3, 192, 192)}) for n in (1, 4))
    assert four.flops == 4 * one.flops


@pytest.mark.parametrize(
    ("nodes", "line"),
    [
        (
            [helper.make_node("Squeeze", ["x", "first"], ["r"], name="squeeze")],
            "operator squeeze (Squeeze): fixes the batch to 1",
        ),
        (
            [helper.make_node("Gather", ["x", "first"], ["r"], name="pick", axis=0)],
            "operator pick (Gather): keeps what a batch of 1 has only",
        ),
    ],
)
def test_a_batch_that_cannot_be_rewritten_is_one_line(
    nodes: list[onnx.NodeProto], line: str
) -> None:
    shape = helper.make_node("Reshape", ["r", "shape"], ["v"], name="view")
    product = helper.make_node("MatMul", ["v", "w"], ["y"], name="head")
    proto = model(
        [*nodes, shape, product],
        [value("x", [1, 6, 8])],
        [value("y", [1, 6, 10])],
        [ints("first", 0), ints("shape", 1, 6, 8), weight("w", 8, 10)],
    )
    with pytest.raises(ModelError) as caught:
        read_model(proto, batch=8)
    assert str(caught.value) == f"<model>: cannot take input x = 8x6x8: {line}"


def test_what_lies_in_a_constant_of_one_batch_is_no_other() -> None:
    """The file could run at 4, on 8 images of which 4 are none."""
    proto = model(
        [
            helper.make_node("ScatterND", ["all", "at", "x"], ["s"], name="put"),
            helper.make_node("MatMul", ["s", "w"], ["y"]),
        ],
        [value("x", [8, 6, 8])],
        weights=[weight("all", 8, 6, 8), weight("at", 8, 1, dtype=7), weight("w", 8, 5)],
    )
    with pytest.raises(ModelError, match=r"operator put \(ScatterND\)"):
        read_model(proto, batch=4)


def test_boxes_leave_the_batch() -> None:
    proto = model(
        [
            helper.make_node("Conv", ["x", "w"], ["map"]),
            helper.make_node("RoiAlign", ["map", "boxes", "of"], ["y"], output_height=7),
        ],
        [value("x", [2, 3, 8, 8]), value("boxes", [20, 4]), value("of", [20], 7)],
        weights=[weight("w", 4, 3, 1, 1)],
    )
    assert read_model(proto, batch=8).batch == 8


@pytest.mark.parametrize("batch", [1, 2])
def test_a_constant_that_goes_with_each_image_grows(batch: int) -> None:
    proto = model(
        [
            helper.make_node("GridSample", ["x", "grid"], ["g"]),
            helper.make_node("Conv", ["g", "w"], ["y"]),
        ],
        [value("x", [batch, 3, 8, 8])],
        weights=[weight("grid", batch, 6, 6, 2), weight("w", 4, 3, 1, 1)],
    )
    one, eight = read_model(proto), read_model(proto, batch=8)
    assert eight.flops * batch == one.flops * 8


def test_flops_that_do_not_follow_the_batch_are_refused() -> None:
    """Every token looks at every other, and the images' tokens lie in a row."""
    proto = model(
        [
            helper.make_node("Reshape", ["x", "rows"], ["r"], name="rows"),
            helper.make_node("Transpose", ["r"], ["t"], name="turn", perm=[1, 0]),
            helper.make_node("MatMul", ["r", "t"], ["s"], name="scores"),
            helper.make_node("Reshape", ["s", "shape"], ["y"], name="view"),
        ],
        [value("x", [1, 6, 8])],
        [value("y", [1, 6, 6])],
        [ints("rows", 6, 8), ints("shape", 1, 6, 6)],
    )
    with pytest.raises(ModelError, match=r"operator scores \(MatMul\)"):
        read_model(proto, batch=2)


@pytest.mark.parametrize(
    ("place", "data", "target", "batch", "found"),
    [
        (Place(0), (1, 48), (1, 3, 16), 1, Place(0)),
        (Place(0), (1, 49, 8), (49, 8), 1, Place(0)),
        (Place(0), (4, 49, 8), (4, 7, 7, 8), 2, Place(0)),
        (Place(1), (16, 1, 8), (16, 2, 4), 1, Place(1)),
        (Place(1), (16, 2, 4), (16, 8), 1, Place(0, 16)),
        (Place(1), (16, 3, 8), (48, 8), 3, Place(0, 16)),
        (Place(0, 16), (48, 8), (16, 3, 8), 3, Place(1)),
        (Place(0), (4, 9), (2, 18), 4, None),
        (Place(0), (8, 16, 36), (1, 32, 144), 8, Place(1)),
    ],
)
def test_where_the_batch_is_after_a_reshape(
    place: Place, data: tuple[int, ...], target: tuple[int, ...], batch: int, found: Place | None
) -> None:
    assert after_reshape(place, data, target, batch) == found
