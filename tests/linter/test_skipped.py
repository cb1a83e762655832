"""A model of which nothing has a price is skipped: no fault, and no pass by itself."""

from __future__ import annotations

import onnx
import pytest
from onnx import helper

import archlint
from archlint.settings.options import DEFAULT_TARGET
from tests.graph.making import model, value, weight
from tests.linter.fake_rules import convs

GPU, ARM = "gtx1080ti-cudnn7-fp32", "snapdragon810-neon-fp32"


def trees(rows: int = 1) -> onnx.ModelProto:
    """Classical machine learning."""
    node = helper.make_node(
        "LinearRegressor", ["x"], ["y"], "trees", domain="ai.onnx.ml", coefficients=[1.0, 2.0]
    )
    proto = model([node], [value("x", [rows, 2])])
    proto.opset_import.append(helper.make_opsetid("ai.onnx.ml", 3))
    return proto


WHY = f"{DEFAULT_TARGET} has no price for any of its operators: LinearRegressor"


@pytest.mark.parametrize(("fails", "is_error"), [(None, False), (False, False), (True, True)])
def test_beside_others_it_is_an_error_only_where_that_is_asked_for(
    fails: bool | None, is_error: bool
) -> None:
    report = archlint.lint([trees(), convs().proto("blocks.3.conv")], fail_on_skipped=fails)
    skipped, linted = report.models
    assert (skipped.error, skipped.skipped) == ((WHY, None) if is_error else (None, WHY))
    assert linted.targets
    assert report.exit_code(None) == 2 * is_error


@pytest.mark.parametrize(("fails", "code"), [(None, 2), (False, 0), (True, 2)])
def test_where_nothing_is_linted_it_is_an_error_but_where_that_is_not_wanted(
    fails: bool | None, code: int
) -> None:
    assert archlint.lint([trees(), trees()], fail_on_skipped=fails).exit_code(None) == code


def test_a_batch_that_the_target_does_not_price_is_not_the_reason() -> None:
    report = archlint.lint([trees(rows=1000), convs().proto("blocks.3.conv")])
    assert report.models[0].skipped == WHY


def test_an_unreadable_model_is_an_error_beside_it() -> None:
    report = archlint.lint([trees(), convs().proto("blocks.3.conv"), "none.onnx"])
    assert report.exit_code(None) == 2
    assert [each.error for each in report.models] == [None, None, "no such file"]


def test_a_model_in_another_dtype_is_not_skipped() -> None:
    node = helper.make_node("MatMul", ["x", "w"], ["y"], "product")
    half = model(
        [node],
        [value("x", [1, 8], onnx.TensorProto.FLOAT16)],
        weights=[weight("w", 8, 8, dtype=onnx.TensorProto.FLOAT16)],
    )
    found, _ = archlint.lint([half, convs().proto("blocks.3.conv")]).models
    assert found.skipped is None
