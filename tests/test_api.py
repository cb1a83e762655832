from __future__ import annotations

import inspect
import json
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


def test_a_model_is_the_same_in_every_form() -> None:
    data = MODEL.read_bytes()
    forms = (str(MODEL), MODEL, data, onnx.load(MODEL))
    assert len({archlint.predict(form).seconds for form in forms}) == 1
    (one, other) = archlint.predict([MODEL, data])
    assert one.seconds == other.seconds
    assert [each.path for each in archlint.lint([data]).models] == ["<model>"]
    assert len(archlint.lint(MODEL.parent, select="G2").models) > 10


def test_a_prediction_is_that_of_a_report_by_operator_and_module() -> None:
    found = archlint.predict(MODEL, target="epyc-genoa", batch=2)
    (target,) = archlint.lint(MODEL, targets="epyc-genoa", batch=2).models[0].targets
    assert (found.target, found.batch) == (target.target, 2)
    figures = found.seconds, found.low, found.high, found.basis
    assert figures == (target.predicted, target.low, target.high, target.basis)
    assert sum(each.time for each in found.operators) == pytest.approx(found.seconds)
    assert found.modules[""] == pytest.approx(found.seconds)
    inside = sum(each for name, each in found.modules.items() if "." not in name and name)
    assert inside == pytest.approx(found.seconds, rel=0.05)
    assert json.loads(found.to_json()) == found.to_dict()
    assert found.to_dict()["modules"]["blocks"] == pytest.approx(found.modules["blocks"], 1e-5)


def test_what_two_models_share_is_not_uncertain_in_their_ratio() -> None:
    same = archlint.compare(MODEL, MODEL)
    assert (same.ratio, same.low, same.high, same.a_is_faster) == (1, 1, 1, 0.5)
    pricer = archlint.Pricer("epyc-genoa")
    small, large = (
        pricer.predict(MODEL.with_name(f"{name}.onnx")) for name in ("resnet18", "resnet50")
    )
    found = pricer.compare(small, large)
    assert found.low < found.ratio < found.high < 1
    assert found.ratio == pytest.approx(small.seconds / large.seconds)
    assert found.a_is_faster > 0.99
    assert pricer.compare(large, small).a_is_faster == pytest.approx(1 - found.a_is_faster)
    with pytest.raises(archlint.UsageError, match="a prediction for epyc-genoa-ort-fp32-1t, not"):
        archlint.Pricer().compare(small, MODEL)


@pytest.mark.parametrize("wrong", [5, None, {}, object(), [3]])
def test_what_is_no_model_is_a_usage_error(wrong: object) -> None:
    for take in (archlint.lint, archlint.predict, archlint.explain, archlint.verify):
        with pytest.raises(archlint.UsageError, match=r"^expected "):
            take(wrong)  # type: ignore[arg-type, call-overload]


def test_a_folder_and_a_group_are_several_where_one_is_wanted() -> None:
    with pytest.raises(archlint.UsageError, match="is a folder"):
        archlint.predict(MODEL.parent)
    with pytest.raises(archlint.UsageError, match='"gpus" is several targets'):
        archlint.predict(MODEL, target="gpus")


def test_bytes_that_are_no_model_are_that_model_s_error() -> None:
    with pytest.raises(archlint.ModelError, match="is a text file, not an ONNX model"):
        archlint.predict(b"abc")
    assert archlint.lint(b"abc").models[0].error == "is a text file, not an ONNX model"


def test_every_result_is_a_line_a_table_and_plain_data() -> None:
    other = MODEL.with_name("shufflenet_v2.onnx")
    results = (
        archlint.lint(MODEL),
        archlint.predict(MODEL),
        archlint.compare(MODEL, other),
        archlint.explain(MODEL, "blocks.1.*"),
        archlint.diff(MODEL, other),
        archlint.targets(),
    )
    for result in results:
        assert repr(result).startswith(f"<archlint.{type(result).__name__}: ")
        assert "\n" not in repr(result)
        assert "<table>" in result._repr_html_()
        assert json.loads(result.to_json()) == result.to_dict()
        (columns,) = {tuple(row) for row in result.rows()}
        assert columns


def test_a_program_is_priced_as_the_module_that_it_came_from(tmp_path: Path) -> None:
    torch = _torch()
    net = torch.nn.Sequential(torch.nn.Conv2d(3, 16, 3), torch.nn.ReLU()).eval()
    program = torch.export.export(net, (torch.zeros(1, 3, 32, 32),))
    torch.export.save(program, tmp_path / "net.pt2")
    pricer = archlint.Pricer("epyc-genoa")
    seconds = pricer.predict(net, (1, 3, 32, 32)).seconds
    assert pricer.predict(program).seconds == seconds
    assert pricer.predict(tmp_path / "net.pt2").seconds == seconds
    (tmp_path / "bad.pt2").write_bytes(b"no program")
    with pytest.raises(archlint.ModelError, match=r"is no program of torch\.export"):
        archlint.predict(tmp_path / "bad.pt2")


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
        (model,) = archlint.lint(
            path, select=["G4"], targets="gtx1080ti", batch=8, upper_bounds=bounds
        ).models
        return {each.severity for each in model.findings}

    assert severities("note") == {archlint.Severity.NOTE}
    assert archlint.Severity.WARNING in severities("warning")
    assert severities(archlint.Severity.WARNING) == severities("warning")
    with pytest.raises(archlint.UsageError, match="expected note or warning, found 'error'"):
        archlint.lint(path, upper_bounds="error")
