"""What an export with edits is priced at, and which exports are none."""

from __future__ import annotations

from collections.abc import Iterator

import onnx
import pytest
from onnx import helper

from archlint.commands.fix import trial
from archlint.commands.fix.trial import Trials
from archlint.errors import ModelError
from archlint.linter.source import Loaded, SourceModel
from archlint.settings.options import Options
from archlint.source.export.spec import ModelSpec
from tests.graph.making import model, value, weight
from tests.linter.test_unknown import half


def whole() -> onnx.ModelProto:
    node = helper.make_node("Conv", ["x", "w"], ["y"], "first")
    return model([node], [value("x", [1, 64, 28, 28])], weights=[weight("w", 64, 64, 3, 3)])


@pytest.fixture
def exports(monkeypatch: pytest.MonkeyPatch) -> list[onnx.ModelProto]:
    """What the source exports as, in turn."""
    protos: list[onnx.ModelProto] = []

    def exported(*_: object) -> Loaded:
        return Loaded("nets.py:Net", next(made))

    made: Iterator[onnx.ModelProto] = iter(protos)
    monkeypatch.setattr(trial, "load", exported)
    return protos


def trials(options: Options) -> Trials:
    return Trials(SourceModel(ModelSpec.parse("nets.py:Net", (), "{}")), options, None)


@pytest.mark.parametrize("allowed", [False, True])
def test_an_edit_that_loses_shapes_makes_nothing_faster(
    exports: list[onnx.ModelProto], allowed: bool
) -> None:
    exports += [whole(), half()]
    tried = trials(Options(allow_unknown=allowed))
    assert tried.run({}, "as it is").cost.seconds
    with pytest.raises(ModelError, match="without shapes"):
        tried.run({}, "an edit")


def test_a_model_that_lacked_them_before_is_edited_where_that_is_allowed(
    exports: list[onnx.ModelProto],
) -> None:
    exports += [half(), half(), half()]
    tried = trials(Options(allow_unknown=True))
    assert tried.run({}, "as it is").cost == tried.run({}, "an edit").cost
    with pytest.raises(ModelError, match="lost at Strange strange"):
        trials(Options()).run({}, "as it is")
