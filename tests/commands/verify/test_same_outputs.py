"""What computes the same instead is run in the whole model, and its outputs compared."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from numpy.typing import NDArray

from archlint.commands.verify import Request
from archlint.errors import MeasureError
from archlint.results.verification import Verdict, VerifiedFinding
from archlint.testing import Net
from tests.commands.verify.fakes import Predicted, findings, verified

REWRITTEN = "a 1x1 conv runs before the AveragePool that alone reads it"


@pytest.fixture
def path(tmp_path: Path) -> str:
    """Two transitions: BatchNormalization and ReLU, a 1x1 conv, an average pool."""
    net = Net()
    x = net.input(1, 256, 56, 56)
    for number in range(2):
        x = net.conv(net.op("Relu", x), 256, name=f"transition{number}.conv")
        x = net.op("AveragePool", x, kernel_shape=[2, 2], strides=[2, 2])
    onnx.save(net.proto(x), tmp_path / "net.onnx")
    return str(tmp_path / "net.onnx")


@dataclass
class Computes(Predicted):
    """Gives one output, which the order of its operators may change."""

    makes: Callable[[bool], Any] = lambda _: [1.0, 2.0]

    def outputs(self, model: onnx.ModelProto) -> tuple[NDArray[Any], ...]:
        types = [node.op_type for node in model.graph.node]
        return (np.array(self.makes(types.index("AveragePool") < types.index("Conv"))),)


def found(backend: Predicted, path: str, *, whole: bool = False) -> VerifiedFinding:
    every = findings(verified(backend, Request(sessions=3, whole=whole), path))
    return next(each for each in every if each.finding.message == REWRITTEN)


def test_all_places_of_a_finding_are_rewritten_in_one_model(path: str) -> None:
    backend = Computes()
    finding = found(backend, path, whole=True)
    assert finding.finding.count == 2
    assert finding.verdict is Verdict.CONFIRMED
    assert finding.rewritten is not None
    assert (finding.rewritten.difference, finding.rewritten.is_same) == (0.0, True)
    assert len(finding.rewritten.now_seconds) == len(finding.rewritten.instead_seconds) == 9
    orders = {"".join(node.op_type[0] for node in model.graph.node) for model in backend.ran}
    assert orders == {"RCARCA", "RACRAC"}


def test_without_model_only_the_outputs_are_compared(path: str) -> None:
    finding = found(Computes(), path)
    assert finding.rewritten is not None
    assert finding.rewritten.now_seconds == ()


def test_a_difference_is_over_the_greatest_element(path: str) -> None:
    finding = found(Computes(makes=lambda first: [1.0, 2.0 + 1e-5 * first]), path)
    assert finding.rewritten is not None
    assert finding.rewritten.difference == pytest.approx(5e-6)
    assert finding.verdict is Verdict.CONFIRMED


@pytest.mark.parametrize("makes", [
    lambda first: [1.0, 2.0 + 1e-4 * first],
    lambda first: [1.0, np.nan if first else 2.0],
    lambda first: [1.0] * (1 + first),
])  # fmt: skip
def test_other_outputs_refute_it(path: str, makes: Callable[[bool], Any]) -> None:
    assert found(Computes(makes=makes), path).verdict is Verdict.REFUTED


def test_what_is_no_number_on_both_sides_is_the_same(path: str) -> None:
    finding = found(Computes(makes=lambda _: [np.nan, np.inf, 1.0]), path)
    assert finding.rewritten is not None
    assert finding.rewritten.difference == 0


def test_a_runtime_that_refuses_the_model_leaves_the_verdict(path: str) -> None:
    def refuse(_: bool) -> Any:
        raise MeasureError("Fake: no")

    finding = found(Computes(makes=refuse), path)
    assert finding.rewritten is not None
    assert finding.rewritten.reason == "Fake: no"
    assert finding.verdict is Verdict.CONFIRMED
