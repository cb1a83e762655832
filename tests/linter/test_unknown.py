"""A network that is read in part is refused, or told to be one; no time stands for it."""

from __future__ import annotations

from pathlib import Path

import onnx
import pytest
from onnx import helper

import archlint
from archlint.results.findings import ModelReport, Severity
from archlint.results.unknown import UnknownOperator
from tests.graph.making import model, value, weight

CASES = Path(__file__).parents[1] / "cases"
UNET = Path(__file__).parents[2] / "examples/onnx/repvgg_a0_train.onnx"
STRANGE = "an operator of the domain vendor that archlint does not know"


def half() -> onnx.ModelProto:
    """A conv that is read, and two behind an operator that nobody knows."""
    nodes = [
        helper.make_node("Conv", ["x", "w"], ["a"], "first"),
        helper.make_node("Strange", ["a"], ["s"], "strange", domain="vendor"),
        helper.make_node("Conv", ["s", "w"], ["b"], "second"),
        helper.make_node("Conv", ["b", "w"], ["y"], "third"),
    ]
    return model(nodes, [value("x", [1, 64, 28, 28])], weights=[weight("w", 64, 64, 3, 3)])


def product(shape: list[int | str | None] | None) -> onnx.ModelProto:
    node = helper.make_node("MatMul", ["x", "w"], ["y"], "product")
    return model([node], [value("x", shape)], weights=[weight("w", 64, 64)])


def with_strange_tail(path: Path) -> onnx.ModelProto:
    """A whole network, whose findings are warnings, with one more product that is not read."""
    proto = onnx.load(path)
    (result,) = proto.graph.output
    proto.graph.node.extend(
        [
            helper.make_node("Strange", [result.name], ["s"], "strange", domain="vendor"),
            helper.make_node("MatMul", ["s", "tail"], ["tail_out"], "last"),
        ]
    )
    proto.graph.initializer.append(weight("tail", 64, 64))
    del proto.graph.output[:]
    proto.graph.output.append(helper.make_empty_tensor_value_info("tail_out"))
    return proto


def only(given: object, **options: bool) -> ModelReport:
    (found,) = archlint.lint(given, **options).models  # type: ignore[arg-type]
    return found


def test_no_time_stands_for_a_network_that_is_read_in_part() -> None:
    found = only(half())
    assert (found.targets, found.findings) == ((), ())
    assert found.unknown_operators == (
        UnknownOperator("second", "Conv", "strange", "Strange", STRANGE),
        UnknownOperator("third", "Conv", "strange", "Strange", STRANGE),
    )
    assert found.error == (
        "2 operators without shapes (Conv second, Conv third): lost at Strange strange,"
        f" {STRANGE}; --allow-unknown prices what is left"
    )


def test_it_is_an_error_for_who_holds_on_to_the_report() -> None:
    with pytest.raises(archlint.FindingsError, match="without shapes"):
        archlint.lint(half()).raise_for_findings()


def test_what_is_left_is_priced_where_that_is_asked_for() -> None:
    found = only(half(), allow_unknown=True)
    (target,) = found.targets
    assert found.error is None
    assert len(found.unknown_operators) == 2
    assert target.coverage < 1
    assert {each.op_type: each.count for each in target.unpriced} == {"Conv": 2, "Strange": 1}


def test_findings_of_such_a_network_are_notes() -> None:
    severities = {each.severity for each in only(str(UNET)).findings}
    assert severities - {Severity.NOTE}
    found = only(with_strange_tail(UNET), allow_unknown=True)
    assert {each.severity for each in found.findings} == {Severity.NOTE}
    reasons = {
        price.caveat.reason.value
        for each in found.findings
        for price in each.prices
        if price.caveat is not None
    }
    assert reasons == {"unknown operators"}


@pytest.mark.parametrize("allow", [True, False])
def test_an_input_without_sizes_is_named_with_what_to_pass(allow: bool) -> None:
    error = only(product(None), allow_unknown=allow).error
    assert error is not None
    assert "product): lost at x, an input without sizes: pass --input x=SHAPE" in error
    assert ("--allow-unknown" in error) is not allow


def test_with_its_sizes_it_is_read() -> None:
    (found,) = archlint.lint(product(None), {"x": (2, 64)}).models
    assert (found.error, found.unknown_operators) == (None, ())


def test_what_is_malformed_is_the_reason_where_it_loses_the_sizes() -> None:
    nodes = [
        helper.make_node("Conv", ["x", "w"], ["a"], "bad", strides=["1", "1"]),
        helper.make_node("Conv", ["a", "w"], ["y"], "behind"),
    ]
    proto = model(nodes, [value("x", [1, 64, 8, 8])], weights=[weight("w", 64, 64, 1, 1)])
    error = only(proto).error
    assert error is not None
    assert "(Conv behind): lost at Conv bad, malformed: attribute strides" in error


def test_a_foreign_quantiser_is_named_and_not_the_conv_behind_it() -> None:
    error = only(str(CASES / "foreign_quantiser.onnx")).error
    assert error is not None
    assert "lost at TRT_FP8QuantizeLinear_0, an operator of the domain trt" in error
    assert "no price for any" not in error


def test_nothing_left_to_price_is_no_skip_where_something_is_not_read() -> None:
    found = only(str(CASES / "foreign_quantiser.onnx"), allow_unknown=True, fail_on_skipped=False)
    assert found.skipped is None
    assert "TRT_FP8QuantizeLinear_0" in (found.error or "")


def test_a_malformed_operator_is_the_reason_where_nothing_is_left_to_price() -> None:
    found = only(str(CASES / "strides_of_text.onnx"))
    assert found.error == "malformed: Conv Conv_0: attribute strides holds texts, not integers"
