from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import onnx
import pytest

from archlint.cost.kernels.kernel import Kernel
from archlint.linter import lint
from archlint.location import Call, Certainty, Location, Span
from archlint.report import sarif
from archlint.report.result import results as results_of
from archlint.report.style import Style
from archlint.results.findings import Finding, ModelReport, Report, RuleInfo, Severity, Variant
from archlint.settings.options import Options
from tests.report import fakes
from tests.report.schemas import faults_by

RULE = RuleInfo("G2", "group-convolution", "group convs cost more than dense ones", "# G2\n")
OWN = Span("nets/block.py", 7, 21, 7, 39, "        self.conv = nn.Conv2d(8, 8, 1)")
CALLER = Call(Span("nets/net.py", 20, 5, 20, 13, "    Block(8)"), "Block(...)", "Net.__init__")
ENTRY = Span("pyproject.toml", 12, 1, 12, 13, 'name = "small"')

EXAMPLES = Path(__file__).parents[2] / "examples" / "onnx"
MULTITOOL = os.environ.get("SARIF_MULTITOOL") or shutil.which("sarif-multitool")


def rendered(*models: ModelReport) -> str:
    return sarif.render(Report(models, rules=(RULE,)), Style())


def located(finding: Finding, *, decides: bool = True) -> Finding:
    location = Location(OWN, Certainty.EXACT, (CALLER,), depth=0 if decides else 1)
    return replace(finding, location=location)


def results(text: str) -> list[dict[str, Any]]:
    return [each for run in json.loads(text)["runs"] for each in run["results"]]


def fingerprints(finding: Finding, path: str = "net.onnx") -> list[str]:
    text = rendered(fakes.model(finding, path=path))
    return [each["partialFingerprints"]["primaryLocationLineHash"] for each in results(text)]


DOCUMENTS = {
    "no model": rendered(),
    "only a model that cannot be read": rendered(ModelReport("bad.onnx", error="is empty")),
    "no finding": rendered(fakes.model()),
    "all there is": sarif.render(replace(fakes.rich_report(), rules=(RULE,)), Style()),
    "lines of source": rendered(fakes.model(located(fakes.finding(), decides=False))),
    "hard names": rendered(
        fakes.model(
            replace(fakes.finding(), module="a\x00\u2028{0}[x](y)"), path="/a b/\udcff#?%.onnx"
        )
    ),
}


@pytest.mark.parametrize("name", DOCUMENTS)
def test_documents_fit_the_schema_of_sarif(name: str) -> None:
    assert faults_by("sarif-2.1.0.json", DOCUMENTS[name]) == []


def test_the_schema_is_looked_at() -> None:
    wrong = DOCUMENTS["no finding"].replace('"warning"', '"grave"')
    faults = faults_by("sarif-2.1.0.json", wrong)
    assert len(faults) == 1
    assert faults[0].endswith("'grave' is not one of ['none', 'note', 'warning', 'error']")


@pytest.mark.skipif(
    MULTITOOL is None, reason="npm's @microsoft/sarif-multitool is not there (SARIF_MULTITOOL)"
)
@pytest.mark.parametrize("name", DOCUMENTS)
def test_the_rules_of_code_scanning_hold(name: str, tmp_path: Path) -> None:
    assert MULTITOOL is not None
    file = tmp_path / "archlint.sarif"
    file.write_text(DOCUMENTS[name], encoding="utf-8")
    options = ["--rule-kind", "Sarif;Ghas", "--level", "Error;Warning;Note"]
    found = subprocess.run(
        [MULTITOOL, "validate", str(file), *options],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "DOTNET_SYSTEM_GLOBALIZATION_INVARIANT": "1"},
    )
    assert "Analysis completed successfully." in found.stdout
    assert re.findall(r": (?:error|warning) .*", found.stdout) == []


def test_a_run_is_a_category_of_its_target() -> None:
    runs = json.loads(DOCUMENTS["all there is"])["runs"]
    ids = [each["automationDetails"]["id"] for each in runs]
    assert ids == [f"archlint/{fakes.GPU}/", f"archlint/{fakes.ARM}/"]
    (empty,) = json.loads(DOCUMENTS["no model"])["runs"]
    assert empty["automationDetails"]["id"] == "archlint/"
    assert empty["results"] == []


def test_a_result_is_at_its_line_else_at_the_configuration_else_at_the_file() -> None:
    def place(model: ModelReport) -> tuple[str, int, int]:
        (found,) = results(rendered(model))
        where = found["locations"][0]["physicalLocation"]
        region = where["region"]
        return where["artifactLocation"]["uri"], region["startLine"], region["startColumn"]

    plain = fakes.model(fakes.finding(), path="models/a b.onnx")
    assert place(plain) == ("models/a%20b.onnx", 1, 1)
    assert place(replace(plain, entry=ENTRY)) == ("pyproject.toml", 12, 1)
    with_line = fakes.model(located(fakes.finding()), path="small")
    assert place(replace(with_line, entry=ENTRY)) == ("nets/block.py", 7, 21)


def test_the_line_that_decides_is_first_and_the_others_are_related() -> None:
    (found,) = results(DOCUMENTS["lines of source"])
    (first,) = found["locations"]
    assert first["physicalLocation"]["artifactLocation"]["uri"] == "nets/net.py"
    assert first["physicalLocation"]["region"]["snippet"] == {"text": "Block(8)"}
    (related,) = found["relatedLocations"]
    assert related["message"] == {"text": "the layer"}
    assert related["physicalLocation"]["artifactLocation"]["uri"] == "nets/block.py"


def elsewhere(kernel: Kernel) -> Kernel:
    """What it is on another target, in a model with more weights."""
    return kernel._replace(path="nchwc", rotation=8)


def test_fingerprints_do_not_hang_on_lines_nodes_or_the_number_of_places() -> None:
    finding = fakes.finding()
    same = [
        replace(finding, fingerprint="another"),
        located(finding),
        replace(finding, places=finding.places[:1], count=1),
        replace(
            finding, places=tuple(replace(each, operators=("node_7",)) for each in finding.places)
        ),
        replace(
            finding,
            places=tuple(
                replace(each, now=Variant(each.now.text, tuple(map(elsewhere, each.now.kernels))))
                for each in finding.places
            ),
        ),
    ]
    assert {tuple(fingerprints(each)) for each in same} == {tuple(fingerprints(finding))}


def test_fingerprints_do_not_hang_on_names_that_an_exporter_made() -> None:
    def nameless(name: str) -> Finding:
        (first, *_) = fakes.finding().places
        place = replace(first, operators=(name,), module=name)
        return replace(fakes.finding(), module=name, places=(place,))

    assert fingerprints(nameless("Conv_12")) == fingerprints(nameless("node_conv2d_3"))


@pytest.mark.parametrize("name", ["mobilenet_v2", "shufflenet_v1_g3", "nasnet_a_small"])
def test_a_model_whose_nodes_and_tensors_are_renamed_keeps_its_fingerprints(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    options = Options(targets=("gtx1080ti-cudnn7-fp32",), batch=8)

    def keys() -> set[str]:
        return {each.key for each in results_of(lint([f"{name}.onnx"], options))}

    monkeypatch.chdir(EXAMPLES)
    before = keys()
    proto = onnx.load(f"{name}.onnx", load_external_data=False)
    outputs = {each.name for each in proto.graph.output}
    made = [each for node in proto.graph.node for each in node.output if each not in outputs]
    names = {each: f"t{number}" for number, each in enumerate(made)}
    for number, node in enumerate(proto.graph.node):
        node.name = f"n{number}"
        node.input[:] = [names.get(each, each) for each in node.input]
        node.output[:] = [names.get(each, each) for each in node.output]
    for info in proto.graph.value_info:
        info.name = names.get(info.name, info.name)
    monkeypatch.chdir(tmp_path)
    onnx.save(proto, f"{name}.onnx")
    assert before
    assert keys() == before


def test_fingerprints_tell_models_rules_modules_and_kernels_apart() -> None:
    finding = fakes.finding()
    (first, *_) = finding.places
    others = [
        fingerprints(finding),
        fingerprints(finding, path="other.onnx"),
        fingerprints(replace(finding, code="G3")),
        fingerprints(replace(finding, places=(replace(first, module="head.0"),))),
        fingerprints(replace(finding, places=(replace(first, now=first.instead),))),
    ]
    assert len({each for (each,) in others}) == len(others)


def test_equal_findings_of_a_model_have_keys_of_their_own() -> None:
    twice = results(rendered(fakes.model(fakes.finding(), fakes.finding())))
    assert len({each["partialFingerprints"]["archlint/v1"] for each in twice}) == 2


def test_help_is_markdown_and_every_severity_a_level() -> None:
    model = fakes.model(*(fakes.finding(each) for each in Severity))
    (run,) = json.loads(rendered(model))["runs"]
    assert [each["level"] for each in run["results"]] == ["error", "warning", "note"]
    (rule,) = run["tool"]["driver"]["rules"]
    assert rule["help"]["markdown"] == RULE.page


def test_no_name_makes_a_link_of_a_message() -> None:
    finding = replace(fakes.finding(), module="[x](javascript:1)")
    (found,) = results(rendered(fakes.model(finding)))
    assert "\\[x\\](javascript:1)" in found["message"]["text"]
