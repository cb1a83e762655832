from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import onnx
import pytest

from archlint.linter import lint
from archlint.report import model_explorer
from archlint.report.style import Style
from archlint.results.findings import FoundPlace, ModelReport, OperatorTime, Report, Severity
from archlint.settings.options import Options
from tests.report import fakes

EXAMPLES = Path(__file__).parents[2] / "examples" / "onnx"


def operator(name: str, ms: float) -> OperatorTime:
    return OperatorTime(name, "Conv", "", "conv", (), (), ms / 1e3, 0.1)


def model(*operators: OperatorTime, path: str = "net.onnx") -> ModelReport:
    def place(*names: str) -> FoundPlace:
        return replace(fakes.finding().places[0], operators=names)

    findings = (
        replace(fakes.finding(Severity.NOTE), places=(place("/stem"), place("/head"))),
        replace(fakes.finding(Severity.ERROR), places=(place("/head", "/head/Add"),)),
    )
    target = replace(fakes.on_gpu(), operators=operators)
    return replace(fakes.model(*findings, path=path), targets=(target,))


def rendered(*models: ModelReport) -> Any:
    return json.loads(model_explorer.render(Report(models), Style()))


def test_operators_have_their_time_and_findings_their_colour() -> None:
    overlay = rendered(model(operator("/stem", 1.25), operator("/body", 2), operator("/head", 0.5)))
    assert overlay["name"] == f"archlint: ms on {fakes.GPU} (red: error, blue: note, grey: time)"
    assert overlay["results"] == {
        "/stem": {"value": 1.25, "bgColor": "#54aeff", "textColor": "#000000"},
        "/body": {"value": 2.0},
        "/head": {"value": 0.5, "bgColor": "#d1242f", "textColor": "#ffffff"},
        "/head/Add": {"value": 0.0, "bgColor": "#d1242f", "textColor": "#ffffff"},
    }


def test_a_name_that_may_be_made_up_stands_for_a_node_without_one() -> None:
    overlay = rendered(model(operator("Conv_12", 1), operator("Conv_0", 1)))
    assert list(overlay["results"])[:4] == ["Conv_12", "node_12", "Conv_0", "node"]
    overlay = rendered(model(operator("Conv_12", 1), operator("stem", 1)))
    assert list(overlay["results"])[:2] == ["Conv_12", "stem"]


def test_several_models_are_overlays_by_name() -> None:
    both = rendered(model(operator("a", 1)), model(operator("b", 1), path="b.onnx"))
    assert list(both) == [f"net.onnx on {fakes.GPU}", f"b.onnx on {fakes.GPU}"]
    assert rendered() == {}


@pytest.mark.parametrize("named", [True, False])
@pytest.mark.parametrize("name", ["mobilenet_v2", "shufflenet_v1_g3", "vit_s16"])
def test_the_viewer_knows_every_key(name: str, named: bool, tmp_path: Path) -> None:
    viewer = pytest.importorskip("model_explorer", reason="PyPI's ai-edge-model-explorer")
    onnx_adapter = pytest.importorskip(
        "model_explorer_onnx.main", reason="PyPI's model-explorer-onnx"
    )
    proto = onnx.load(EXAMPLES / f"{name}.onnx", load_external_data=False)
    if not named:
        for node in proto.graph.node:
            node.ClearField("name")
    file = tmp_path / "net.onnx"
    onnx.save(proto, file)
    report = lint([str(file)], Options(batch=8))
    overlay = json.loads(model_explorer.render(report, Style()))
    builder = viewer.node_data_builder
    data = builder.GraphNodeData(
        results={key: builder.NodeDataResult(**each) for key, each in overlay["results"].items()},
        name=overlay["name"],
        gradient=[builder.GradientItem(**each) for each in overlay["gradient"]],
    )
    assert asdict(data)["results"].keys() == overlay["results"].keys()
    graph = onnx_adapter.ONNXAdapter().convert(str(file), {})["graphs"][0]
    shown = [
        overlay["results"][node.id]["value"]
        for node in graph.nodes
        if node.id in overlay["results"]
    ]
    assert sum(shown) == pytest.approx(report.models[0].targets[0].predicted * 1e3, rel=1e-4)
