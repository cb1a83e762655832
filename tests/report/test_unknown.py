"""Every format says what is not read, and what is skipped."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import jsonschema  # type: ignore[import-untyped]  # it comes without types
import pytest
import xmlschema

from archlint.report.formats import renderer
from archlint.report.notebook import render as notebook
from archlint.report.schema import schema
from archlint.report.style import Style
from archlint.report.unknown import unknown_lines
from archlint.results.findings import ModelReport, Report
from archlint.results.unknown import UnknownOperator
from tests.report import fakes
from tests.report.schemas import DATA, faults_by

UNKNOWN = tuple(
    UnknownOperator(name, "Conv", "cut", "Strange", "which archlint does not know")
    for name in "abcde"
)
ERROR = "5 operators without shapes; --allow-unknown prices what is left"
REFUSED = Report((ModelReport("net.onnx", unknown_operators=UNKNOWN, error=ERROR),))
ALLOWED = Report((replace(fakes.model(), path="net.onnx", unknown_operators=UNKNOWN),))
SKIPPED = Report((replace(fakes.model(), path="a.onnx"), ModelReport("b.onnx", skipped="no row")))
ALL = ("full", "json", "sarif", "github", "gitlab", "junit", "rdjson", "markdown", "html")
LINE = "5 operators without shapes (Conv a, Conv b, Conv c, 2 more): lost at Strange cut, which"


def rendered(name: str, report: Report, style: Style | None = None) -> str:
    return renderer(name).render(report, style or Style(width=200))


def words(text: str) -> str:
    """Without what formats do to text."""
    return re.sub(r"\s+", " ", text.replace("\\", "").replace("&#8203;", ""))


def test_operators_are_told_by_what_loses_their_sizes() -> None:
    given = UnknownOperator("m", "MatMul", "x", "", "an input without sizes")
    first, second = unknown_lines((*UNKNOWN, given))
    assert first == f"{LINE} archlint does not know"
    assert second == "1 operator without shapes (MatMul m): lost at x, an input without sizes"


@pytest.mark.parametrize("name", ALL)
def test_every_format_says_what_is_not_read(name: str) -> None:
    wanted = "Strange" if name in ("full", "json") else "5 operators without shapes"
    assert wanted in words(rendered(name, REFUSED))
    assert LINE in words(rendered(name, ALLOWED)) or name == "json"


@pytest.mark.parametrize("name", ALL)
def test_every_format_says_what_is_skipped(name: str) -> None:
    text = words(rendered(name, SKIPPED))
    assert "no row" in text
    assert "not linted" not in text


def test_a_notebook_says_both() -> None:
    assert "b.onnx</h4><p>no row</p>" in notebook(SKIPPED)
    assert LINE in notebook(ALLOWED)


def test_the_full_report_begins_with_it() -> None:
    lines = rendered("full", REFUSED).splitlines()
    assert lines[:2] == ["net.onnx", f"  not read  {LINE} archlint does not know"]
    lines = rendered("full", ALLOWED).splitlines()
    (at,) = (number for number, line in enumerate(lines) if "not read" in line)
    assert at < next(number for number, line in enumerate(lines) if "predicted" in line)


def test_json_has_every_operator_and_no_time_of_the_network() -> None:
    document = json.loads(rendered("json", REFUSED))
    jsonschema.Draft202012Validator(json.loads(schema("check"))).validate(document)
    (model,) = document["models"]
    assert model["targets"] == []
    assert [each["name"] for each in model["unknown_operators"]] == list("abcde")
    assert model["unknown_operators"][0] == {
        "name": "a",
        "op_type": "Conv",
        "lost_at": "cut",
        "lost_type": "Strange",
        "reason": "which archlint does not know",
    }


def test_json_counts_what_is_skipped() -> None:
    document = json.loads(rendered("json", SKIPPED))
    jsonschema.Draft202012Validator(json.loads(schema("check"))).validate(document)
    assert document["skipped"] == 1
    assert [each["skipped"] for each in document["models"]] == [None, "no row"]


def test_a_long_list_of_skipped_models_is_cut_on_the_screen() -> None:
    report = Report(tuple(ModelReport(f"{n}.onnx", skipped="no row") for n in range(9)))
    short = rendered("full", report)
    assert short.endswith(
        "skipped 6 more: -v lists them\nNo findings; 9 models skipped (nothing has a price).\n"
    )
    assert rendered("full", report, Style(verbose=True)).count("no row") == 9


def test_what_is_skipped_is_no_fault_to_machines() -> None:
    (run,) = json.loads(rendered("sarif", SKIPPED))["runs"]
    (invocation,) = run["invocations"]
    assert invocation["executionSuccessful"]
    assert [each["level"] for each in invocation["toolExecutionNotifications"]] == ["note"]
    (issue,) = json.loads(rendered("gitlab", SKIPPED))
    assert (issue["check_name"], issue["severity"]) == ("archlint/skipped", "info")
    assert rendered("github", SKIPPED).startswith("::notice file=b.onnx,")
    (diagnostic,) = json.loads(rendered("rdjson", SKIPPED))["diagnostics"]
    assert diagnostic["severity"] == "INFO"
    assert not faults_by("rdjson.json", rendered("rdjson", SKIPPED))


def test_junit_has_a_case_that_is_skipped() -> None:
    text = rendered("junit", SKIPPED)
    xmlschema.XMLSchema(DATA / "junit-10.xsd").validate(text)
    assert '<skipped type="skipped" message="skipped: no row">' in text
    assert 'tests="1" failures="0" errors="0" skipped="1"' in text
