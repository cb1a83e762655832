from __future__ import annotations

import inspect
import typing
from dataclasses import replace
from math import inf, nan
from pathlib import Path
from typing import Any

import onnx
import pytest

import archlint
from archlint.cli import run
from archlint.results.findings import ModelReport
from tests.report import fakes

MODEL = Path(__file__).parents[1] / "examples" / "onnx" / "mobilenet_v2.onnx"


def test_paths_and_protos_are_linted_alike() -> None:
    one, other = archlint.lint([MODEL, onnx.load(MODEL)]).models
    assert [each.fingerprint for each in one.findings] == [
        each.fingerprint for each in other.findings
    ]
    assert (one.path, other.path) == (str(MODEL), "<model>")


def test_a_lone_shape_is_that_of_the_only_input() -> None:
    (model,) = archlint.lint(MODEL, (256, 3, 160, 160)).models
    assert model.inputs[0].shape == (256, 3, 160, 160)


def test_a_test_can_hold_on_to_a_report() -> None:
    report = archlint.lint(MODEL)
    with pytest.raises(AssertionError) as caught:
        report.raise_for_findings()
    lines = str(caught.value).split("\n")
    assert [line.partition(": ")[2][:10] for line in lines] == ["warning G1", "warning G4"]
    assert "(blocks.*.expand.*)" in lines[0]
    report.raise_for_findings("error")


def test_a_model_that_cannot_be_linted_raises_too() -> None:
    report = archlint.Report((ModelReport("a.onnx", error="no such file"),))
    with pytest.raises(archlint.FindingsError, match=r"a\.onnx: no such file"):
        report.raise_for_findings("error")


def test_a_notebook_shows_a_table_of_findings_and_no_markup_of_the_file() -> None:
    bad = replace(fakes.finding(), message="<script>x</script>")
    model = fakes.model(bad, path="a<b>.onnx")
    text = archlint.Report((model,))._repr_html_()
    assert "<h4>a&lt;b&gt;.onnx</h4>" in text
    assert "&lt;script&gt;" in text
    assert "<script" not in text
    assert text.count("<tr>") == 1 + len(model.findings[0].prices)


def _torch() -> Any:
    pytest.importorskip("onnxscript", reason="the exporter needs it")
    return pytest.importorskip("torch", reason="it has the modules")


def test_a_module_is_linted_as_it_is_in_eval_mode_and_comes_back_as_it_was() -> None:
    torch = _torch()
    net = torch.nn.Sequential(
        torch.nn.Conv2d(3, 16, 3), torch.nn.BatchNorm2d(16), torch.nn.ReLU(), torch.nn.Dropout()
    )
    net[1].eval()
    for inputs in (torch.zeros(2, 3, 32, 32), (2, 3, 32, 32), {"input": (2, 3, 32, 32)}):
        (model,) = archlint.lint(net, inputs, targets=["gtx1080ti-cudnn7-fp32"]).models
        assert model.error is None
        assert (model.path, model.operators) == ("Sequential", 2)
        assert model.inputs[0].shape == (2, 3, 32, 32)
    assert [each.training for each in net] == [True, False, True, True]


def test_a_module_without_inputs_is_asked_for_them_in_one_line() -> None:
    torch = _torch()
    (model,) = archlint.lint(torch.nn.ReLU()).models
    assert model.error == "takes what? give inputs, such as (1, 3, 224, 224)"


def test_a_baseline_keeps_back_what_is_known(tmp_path: Path) -> None:
    file, model = tmp_path / "known.toml", str(MODEL)
    assert run([model, "--baseline", str(file), "--write-baseline", "as of v1", "-q"]) == 0
    archlint.lint(model, baseline=file).raise_for_findings("note")
    with pytest.raises(archlint.UsageError, match="no such baseline"):
        archlint.lint(model, baseline=tmp_path / "none.toml")


def _reached(kind: object, found: set[type]) -> set[type]:
    """The types of archlint that whoever holds a value of this one can come to."""
    for part in typing.get_args(kind):
        _reached(part, found)
    is_ours = isinstance(kind, type) and kind.__module__.partition(".")[0] == "archlint"
    if not is_ours or kind in found:
        return found
    assert isinstance(kind, type)
    found.add(kind)
    public = [each for name, each in inspect.getmembers(kind) if name[0] != "_"]
    functions = [each.fget if isinstance(each, property) else each for each in public]
    for annotated in (kind, *filter(inspect.isfunction, functions)):
        for hint in typing.get_type_hints(annotated).values():
            _reached(hint, found)
    return found


def test_every_type_that_a_report_leads_to_can_be_imported_by_its_name() -> None:
    found: set[type] = set()
    for hint in typing.get_type_hints(archlint.lint).values():
        _reached(hint, found)
    assert archlint.Report in found
    assert {each.__name__ for each in found} <= set(archlint.__all__)
    assert [name for name in archlint.__all__ if not hasattr(archlint, name)] == []


def test_a_name_that_is_not_there_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'Lint'"):
        _ = archlint.Lint  # type: ignore[attr-defined]


@pytest.mark.parametrize("number", [nan, inf, -inf])
def test_nothing_is_compared_with_what_is_no_number(number: float) -> None:
    with pytest.raises(archlint.UsageError, match="expected a finite number, found"):
        archlint.lint("m.onnx", min_slowdown=number)
    with pytest.raises(archlint.UsageError, match="expected a finite number, found"):
        archlint.lint("m.onnx", rule_options={"G3": {"width": number}})


def test_what_an_upper_bound_is_can_be_said_in_words() -> None:
    path = str(MODEL.with_name("shufflenet_v1_g3.onnx"))

    def severities(bounds: archlint.Severity | str) -> set[archlint.Severity]:
        (model,) = archlint.lint(path, select=["G4"], batch=8, upper_bounds=bounds).models
        return {each.severity for each in model.findings}

    assert severities("note") == {archlint.Severity.NOTE}
    assert archlint.Severity.WARNING in severities("warning")
    assert severities(archlint.Severity.WARNING) == severities("warning")
    with pytest.raises(archlint.UsageError, match="expected note or warning, found 'error'"):
        archlint.lint(path, upper_bounds="error")
