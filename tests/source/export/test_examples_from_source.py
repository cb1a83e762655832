from __future__ import annotations

from collections import Counter
from pathlib import Path

import onnx
import pytest

import archlint
from archlint.graph import read_model
from archlint.location import Certainty, Location
from archlint.results.findings import Finding
from archlint.source.export import Exported, ModelSpec, export
from archlint.source.export.located import locate

pytest.importorskip("torch", reason="exporting needs torch")
pytest.importorskip("onnxscript", reason="torch's exporter needs onnxscript")

EXAMPLES = Path(__file__).resolve().parents[3] / "examples"
TARGETS = ("epyc-milan-ort-fp32-1t", "epyc-milan-torch-fp32-1t", "gtx1080ti-cudnn7-fp32")
# the others take as long again; benchmarks/from_source.py has all
FACTORIES = {
    "mobilenet_v2": "mobilenet.py:mobilenet_v2",
    "repvgg_a0_deploy": "repvgg.py:repvgg_a0_deployed",
    "shufflenet_v2": "shufflenet.py:shufflenet_v2",
    "vit_s16": "vit.py:vit_s16",
}


@pytest.fixture(scope="module", params=sorted(FACTORIES))
def example(request: pytest.FixtureRequest) -> tuple[str, Exported]:
    factory = f"{EXAMPLES / 'nets' / FACTORIES[request.param]}"
    return request.param, export(ModelSpec.parse(factory, ["1x3x224x224"]), timeout=300)


def shown(finding: Finding) -> tuple[str, list[tuple[str, float]]]:
    return finding.code, [(each.target, round(each.saving_share, 3)) for each in finding.prices]


def test_a_net_from_source_is_that_of_its_exported_file(example: tuple[str, Exported]) -> None:
    name, exported = example
    file = onnx.load(EXAMPLES / "onnx" / f"{name}.onnx")
    source, expected = archlint.lint([exported.proto, file], targets=TARGETS, batch=1).models
    assert exported.remarks == ()
    assert (source.error, expected.error) == (None, None)
    assert source.operators == expected.operators
    assert source.flops == expected.flops
    assert source.parameters == expected.parameters
    assert list(map(shown, source.findings)) == list(map(shown, expected.findings))
    for target, other in zip(source.targets, expected.targets, strict=True):
        assert target.predicted == pytest.approx(other.predicted, rel=0.01)


def test_every_operator_has_its_exact_line(example: tuple[str, Exported]) -> None:
    name, exported = example
    model = read_model(exported.proto, origins=True)
    found = locate(model, exported, str(EXAMPLES.parent))
    assert set(found) == {op.index for op in model.operators}
    assert Counter(each.certainty for each in found.values()) == {Certainty.EXACT: len(found)}
    file = f"examples/nets/{FACTORIES[name].partition(':')[0]}"
    assert {each.span.path for each in found.values()} == {file}


def texts(location: Location) -> list[str]:
    span = location.span
    end = span.end_column - 1 if span.end_line == span.line else None
    calls = [f"{each.what} in {each.inside} at {each.span.line}" for each in location.chain]
    return [span.text[span.column - 1 : end], *calls]


@pytest.mark.parametrize("example", ["shufflenet_v2"], indirect=True)
def test_an_operator_has_the_calls_that_led_to_its_module(example: tuple[str, Exported]) -> None:
    _, exported = example
    model = read_model(exported.proto, origins=True)
    found = locate(model, exported)
    by_module = {(op.op_type, op.module): found[op.index] for op in model.operators}
    assert texts(by_module["Conv", "stages.1.2.branch.0"]) == [
        "nn.Conv2d(in_channels, out_channels, 1, groups=groups, bias=False)",
        "conv1x1(...) in ShuffleUnitV2.__init__ at 109",
        "ShuffleUnitV2(...) in ShuffleNetV2.__init__ at 166",
        "ShuffleNetV2(...) in shufflenet_v2 at 186",
    ]
    assert texts(by_module["Split", "stages.1.2"])[0] == "x.chunk(2, dim=1)"
