from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from onnx import helper

from archlint.errors import UsageError
from archlint.graph import read_model
from archlint.graph.sizes import bind_sizes
from tests.graph.making import MODELS, Dims, model, value, weight

_DYNAMIC = str(MODELS / "var_mobilenet_v2_dynbatchhw.ts.onnx")


def _sizes(**inputs: Dims) -> dict[str, tuple[int | str | None, ...]]:
    return {name: tuple(dims) for name, dims in inputs.items()}


def test_open_sizes_are_assumed_and_each_assumption_is_a_line() -> None:
    bound = bind_sizes(_sizes(x=["batch", 3, "h", None], tokens=["batch", "seq"]))
    assert [each.sizes for each in bound.inputs] == [(1, 3, 224, 224), (1, 128)]
    assert [each.assumed for each in bound.inputs] == [(0, 2, 3), (1,)]
    assert bound.assumptions == (
        "input x: batch = 1 (assumed)",
        "input x: h = 224 (assumed)",
        "input x: width = 224 (assumed)",
        "input tokens: seq = 128 (assumed)",
    )


def test_images_with_channels_last_get_their_height_and_width() -> None:
    bound = bind_sizes(_sizes(x=[None, None, None, 3]))
    assert bound.inputs[0].sizes == (1, 224, 224, 3)
    assert bound.assumptions == (
        "input x: batch = 1 (assumed)",
        "input x: height = 224 (assumed)",
        "input x: width = 224 (assumed)",
    )


def test_the_same_symbol_gets_the_same_size_everywhere() -> None:
    bound = bind_sizes(_sizes(a=["n", "s"], b=["n", "s", "s"]), dims={"s": 7})
    assert [each.sizes for each in bound.inputs] == [(1, 7), (1, 7, 7)]
    assert bound.assumptions == ("input a: n = 1 (assumed)",)


def test_the_batch_overrides_static_and_open_first_dims_but_not_other_sizes() -> None:
    bound = bind_sizes(_sizes(a=[1, 3], b=[1], c=[None, 2], d=[50, 4], e=[]), batch=8)
    assert [each.sizes for each in bound.inputs] == [(8, 3), (8,), (8, 2), (50, 4), ()]
    assert bound.overridden


def test_a_shape_for_the_only_input_needs_no_name() -> None:
    bound = bind_sizes(_sizes(x=["n", 3]), inputs={"": (4, 3)})
    assert bound.inputs[0].sizes == (4, 3)
    assert bound.symbols == {"n": 4}
    assert not bound.assumptions


def test_explicit_shapes_may_give_a_symbol_two_sizes() -> None:
    asked = {"a": (4, 3), "b": (1, 7)}
    bound = bind_sizes(_sizes(a=["n", 3], b=["n", 7], c=["n"]), inputs=asked)
    assert [each.sizes for each in bound.inputs] == [(4, 3), (1, 7), (4,)]


def test_the_file_s_own_batch_is_no_override() -> None:
    assert not bind_sizes(_sizes(x=[1, 3]), batch=1).overridden


@pytest.mark.parametrize(
    ("asked", "line"),
    [
        ({"inputs": {"imput": (1, 3)}}, 'no input "imput" (did you mean "input"?)'),
        (
            {"inputs": {"q": (1, 3)}},
            'no input "q"; the model has the inputs "input", "mask"',
        ),
        (
            {"inputs": {"": (1, 3)}},
            'a shape without an input\'s name, but the model has the inputs "input", "mask"',
        ),
        ({"inputs": {"input": (1, 3, 4)}}, "input input has 2 dims, but 1x3x4 has 3"),
        ({"inputs": {"input": (1, 0)}}, "input input: a size is 1 or more, not 0"),
        ({"dims": {"bach": 2}}, 'no dim "bach" (did you mean "batch"?)'),
        ({"dims": {"z": 2}}, 'no dim "z"; the model has the symbolic dim "batch"'),
        ({"dims": {"batch": -1}}, "dim batch: a size is 1 or more, not -1"),
        ({"batch": 0}, "batch: a size is 1 or more, not 0"),
        ({"batch": 2, "dims": {"batch": 3}}, "dim batch is 3 and 2 at once"),
        ({"batch": 2, "inputs": {"input": (4, 3)}}, "input input: batch is 4 and 2 at once"),
        (
            {"inputs": {"input": (4, 3)}, "dims": {"batch": 3}},
            "input input: batch is 3 and 4 at once",
        ),
    ],
)
def test_sizes_that_cannot_be_are_one_line(asked: dict[str, Any], line: str) -> None:
    with pytest.raises(UsageError) as caught:
        bind_sizes(_sizes(input=["batch", 3], mask=["batch"]), **asked)
    assert str(caught.value) == line


@given(st.lists(st.one_of(st.integers(1, 9), st.none(), st.sampled_from("ab")), max_size=5))
def test_every_input_ends_with_all_its_sizes(dims: list[int | str | None]) -> None:
    bound = bind_sizes({"x": tuple(dims)})
    sizes = bound.inputs[0].sizes
    assert sizes is not None
    assert len(sizes) == len(dims)
    assert all(size == dim for size, dim in zip(sizes, dims, strict=True) if isinstance(dim, int))
    assert len(bound.inputs[0].assumed) == len(bound.assumptions)


def test_sizes_asked_for_reach_the_whole_model() -> None:
    asked = read_model(_DYNAMIC, batch=4, dims={"h": 256, "w": 192})
    assert asked.assumptions == ()
    assert asked.batch == 4
    assert asked.inputs[0].shape == (4, 3, 256, 192)
    assert asked.operators[0].output.shape == (4, 32, 128, 96)
    assert asked.operators[-1].output.shape == (4, 1000)
    by_shape = read_model(_DYNAMIC, inputs={"": (4, 3, 256, 192)})
    assert by_shape.flops == asked.flops


def test_stale_shapes_of_the_file_do_not_survive_an_override() -> None:
    proto = model(
        [
            helper.make_node("Conv", ["x", "w"], ["c"]),
            helper.make_node("Relu", ["c"], ["y"]),
        ],
        [value("x", [1, 3, 8, 8])],
        [value("y", [1, 4, 6, 6])],
        [weight("w", 4, 3, 3, 3)],
    )
    proto.graph.value_info.append(value("c", [1, 4, 6, 6]))
    before = proto.SerializeToString()
    found = read_model(proto, batch=8)
    assert [op.output.shape for op in found.operators] == [(8, 4, 6, 6)] * 2
    assert proto.SerializeToString() == before


def test_shapes_of_an_unknown_operator_are_taken_from_the_file_while_they_hold() -> None:
    proto = model(
        [
            helper.make_node("Odd", ["x"], ["c"], domain="odd"),
            helper.make_node("Relu", ["c"], ["y"]),
        ],
        [value("x", ["n", 3])],
    )
    proto.graph.value_info.append(value("c", ["n", 5]))
    assert read_model(proto, batch=2).operators[1].output.shape == (2, 5)
    proto.graph.input[0].CopyFrom(value("x", [1, 3]))
    proto.graph.value_info[0].CopyFrom(value("c", [1, 5]))
    assert read_model(proto).operators[1].output.shape == (1, 5)
    assert read_model(proto, batch=2).operators[1].output.shape is None
