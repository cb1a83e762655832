"""Which first dims are a batch, and which batch a file holds."""

from __future__ import annotations

from pathlib import Path

import pytest
from onnx import helper

from archlint.errors import ModelError, UsageError
from archlint.graph import read_model
from archlint.graph.batch import batched_inputs, is_row_name
from archlint.graph.sizes import bind_sizes
from tests.graph.making import ints, model, value, weight

CASES = Path(__file__).parents[1] / "cases"


@pytest.mark.parametrize(
    "name",
    "tokens num_tokens points n_points rows time time_steps frames seq seq_len sequence_length"
    " length nodes edges T L input.tokens".split(),
)
def test_what_counts_rows_is_no_batch(name: str) -> None:
    assert is_row_name(name)
    bound = bind_sizes({"x": (name, 512)})
    assert bound.batch is None
    assert not bound.batch_is_assumed
    assert bound.inputs[0].sizes == (128, 512)
    assert bound.assumptions == (f"input x: {name} = 128 (assumed)",)


@pytest.mark.parametrize("name", ["batch", "batch_size", "N", "B", "bs", "s0", "unk__12", "dim0"])
def test_any_other_name_may_be_the_batch(name: str) -> None:
    assert not is_row_name(name)
    assert bind_sizes({"x": (name, 3, 8, 8)}).batch == 1


def test_the_batch_is_the_dim_that_is_named_so_wherever_it_is() -> None:
    declared = {"table": ("entries", 64), "ids": ("batch", 16), "mask": ("batch", 16)}
    assert batched_inputs(declared) == {"ids": 0, "table": 0, "mask": 0}
    bound = bind_sizes({"points": ("points", 3), "image": ("batch", 3, 8, 8)}, batch=4)
    assert [each.sizes for each in bound.inputs] == [(128, 3), (4, 3, 8, 8)]


def test_many_rows_of_a_matrix_are_no_batch_but_many_images_are() -> None:
    assert bind_sizes({"x": (4096, 512)}).batch is None
    assert bind_sizes({"x": (32, 512)}).batch == 32
    assert bind_sizes({"x": (256, 3, 32, 32)}).batch == 256


def test_a_batch_for_what_has_none_is_refused() -> None:
    with pytest.raises(UsageError, match="batch: no input has one"):
        bind_sizes({"x": ("tokens", 512)}, batch=8)


def test_rows_are_given_by_their_name() -> None:
    found = read_model(str(CASES / "rows_tokens.onnx"), dims={"tokens": 64})
    assert found.operators[0].output.shape is not None
    assert found.operators[0].output.shape[0] == 64
    assert found.assumptions == ()


def test_a_file_that_holds_a_batch_is_read_at_it() -> None:
    found = read_model(str(CASES / "batch_baked_8.onnx"))
    assert found.batch == 8
    assert found.assumptions == ("batch = 8 (operator Reshape_1 holds it)",)
    assert found.unread == ()


def test_a_batch_that_is_asked_for_is_not_replaced() -> None:
    assert read_model(str(CASES / "batch_baked_8.onnx"), batch=2).batch == 2


def test_a_shape_that_no_batch_fits_is_refused_as_it_was() -> None:
    nodes = [
        helper.make_node("Reshape", ["x", "shape"], ["r"], "reshape"),
        helper.make_node("MatMul", ["r", "w"], ["y"]),
    ]
    weights = [ints("shape", 7, 11), weight("w", 11, 4)]
    with pytest.raises(ModelError, match="input x = 1x3x8x8") as fault:
        read_model(model(nodes, [value("x", ["batch", 3, 8, 8])], weights=weights))
    assert "reshapes 1x3x8x8 to 7x11" in str(fault.value)
