from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from dataclasses import replace

import pytest

from archlint.findings import ModelReport, Report, RuleInfo, Severity
from archlint.location import Call, Certainty, Location, Span
from archlint.report.formats import FORMATS, renderer
from archlint.report.style import Style
from tests.report import fakes

RULE = RuleInfo("G2", "group-convolution", "group convs cost more than dense ones", "# G2\n")
LINE = Location(
    Span("nets/net.py", 7, 21, 7, 39, "        self.conv = nn.Conv2d(8, 8, 1)"),
    Certainty.EXACT,
    (Call(Span("nets/net.py", 20, 5, 20, 13, "    Block(8)"), "Block(...)", "Net.__init__"),),
)
EVIL = "a\x1b[31m\n::error::x,y:%0A<script>`|[x](javascript:1)&\u202e@team"
CI = ("sarif", "github", "gitlab", "junit", "rdjson", "markdown")


def report(*, path: str = "models/net.onnx", located: bool = True) -> Report:
    found = replace(fakes.finding(Severity.WARNING), location=LINE if located else None)
    model = fakes.model(fakes.finding(), found, fakes.finding(Severity.NOTE), path=path)
    return Report((model, ModelReport("bad.onnx", error="is empty")), rules=(RULE,))


def rendered(name: str, given: Report, style: Style | None = None) -> str:
    return renderer(name).render(given, style or Style())


@pytest.mark.parametrize("name", CI)
def test_every_format_tells_of_an_empty_run(name: str) -> None:
    assert rendered(name, Report(())) == rendered(name, Report(()))


@pytest.mark.parametrize("name", CI)
def test_no_name_from_a_file_breaks_out_of_a_format(name: str) -> None:
    finding = replace(fakes.finding(), module=EVIL, message=EVIL)
    text = rendered(name, Report((fakes.model(finding, path=EVIL),), rules=(RULE,)))
    assert not [each for each in text if not each.isprintable() and each != "\n"]
    if name in ("sarif", "gitlab", "rdjson"):
        json.loads(text)
    elif name == "junit":
        (suite,) = ET.fromstring(text)
        assert len(suite) == 1
    elif name == "github":
        assert [line[:8] for line in text.splitlines()] == ["::error "]
        properties = text[8:].partition("::")[0]
        assert properties.count(",") == 3
    else:
        assert "<script" not in text
        assert "](javascript" not in text
        assert "`" not in text.replace("\\`", "")
        assert "@team" not in text


def test_sarif_has_a_run_for_each_target_and_stable_fingerprints() -> None:
    model = fakes.rich_model()
    document = json.loads(rendered("sarif", Report((model,), rules=(RULE,))))
    ids = [each["automationDetails"]["id"] for each in document["runs"]]
    assert ids == [f"archlint/{each.target}/" for each in model.targets]
    for run in document["runs"]:
        keys = [each["partialFingerprints"]["archlint/v1"] for each in run["results"]]
        assert keys
        assert run["tool"]["driver"]["rules"][0]["help"]["markdown"] == RULE.page
        for result in run["results"]:
            if result["ruleId"] == "G2":
                assert run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == "G2"


def test_sarif_points_at_the_line_of_source_else_at_the_file() -> None:
    (run,) = json.loads(rendered("sarif", report()))["runs"]
    places = [each["locations"][0]["physicalLocation"] for each in run["results"]]
    assert places[0]["artifactLocation"]["uri"] == "models/net.onnx"
    assert places[0]["region"] == {"startLine": 1, "startColumn": 1}
    assert places[1]["artifactLocation"]["uri"] == "nets/net.py"
    assert places[1]["region"] == {
        "startLine": 7, "startColumn": 21, "endLine": 7, "endColumn": 39,
        "snippet": {"text": "nn.Conv2d(8, 8, 1)"},
    }  # fmt: skip
    assert [each["level"] for each in run["results"]] == ["error", "warning", "note"]
    (failure,) = run["invocations"][0]["toolExecutionNotifications"]
    assert failure["message"]["text"] == "bad.onnx: is empty"


def test_github_shows_ten_of_a_level_the_dearest_first() -> None:
    many = Report((fakes.model(*[fakes.finding(Severity.WARNING)] * 13),))
    lines = rendered("github", many).splitlines()
    assert [line.partition(" ")[0] for line in lines[:-1]] == ["::warning"] * 10
    assert lines[-1] == "archlint: 3 more of level warning are not annotated"


def test_github_repeats_the_place_in_the_text() -> None:
    lines = rendered("github", report()).splitlines()
    assert lines[0] == "::error title=archlint::bad.onnx: is empty"
    assert lines[2].startswith(
        "::warning file=nets/net.py,line=7,endLine=7,title=G2 group-convolution,col=21,endColumn=38"
        "::nets/net.py:7: "
    )
    assert len(lines) == 3
    assert len(rendered("github", report(), Style(notes=True)).splitlines()) == 4


def test_gitlab_has_distinct_fingerprints_by_model() -> None:
    one, other = (json.loads(rendered("gitlab", report(path=each))) for each in ("a", "b"))
    assert {each["fingerprint"] for each in one}.isdisjoint(each["fingerprint"] for each in other)
    assert [each["severity"] for each in one] == ["critical", "major", "info"]


def test_junit_has_a_suite_a_model_and_counts_that_add_up() -> None:
    whole = ET.fromstring(rendered("junit", report()))
    assert whole.attrib == {"name": "archlint", "tests": "3", "failures": "2", "errors": "1"}
    assert [[case[0].tag for case in suite] for suite in whole] == [
        ["failure", "failure"],
        ["error"],
    ]


def test_rdjson_has_a_range_in_a_file() -> None:
    found = json.loads(rendered("rdjson", report()))["diagnostics"]
    assert found[0] == {
        "message": "is empty", "location": {"path": "bad.onnx"}, "severity": "ERROR",
    }  # fmt: skip
    assert found[2]["location"] == {
        "path": "nets/net.py",
        "range": {"start": {"line": 7, "column": 21}, "end": {"line": 7, "column": 39}},
    }


def test_a_model_of_source_without_a_line_is_at_its_file() -> None:
    lines = rendered("gitlab", report(path="nets/net.py:Net", located=False))
    assert json.loads(lines)[0]["location"]["path"] == "nets/net.py"


def test_all_formats_are_known() -> None:
    assert set(CI) < set(FORMATS)
