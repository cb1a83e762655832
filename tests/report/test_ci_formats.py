from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ET
from dataclasses import replace

import pytest
import xmlschema

from archlint.location import Call, Certainty, Location, Span
from archlint.report.formats import FORMATS, renderer
from archlint.report.style import Style
from archlint.results.findings import (
    IgnoredFinding,
    ModelReport,
    PricedChoice,
    Report,
    RuleInfo,
    Severity,
)
from tests.report import fakes
from tests.report.schemas import DATA, faults_by

RULE = RuleInfo("G2", "group-convolution", "group convs cost more than dense ones", "# G2\n")
LINE = Location(
    Span("nets/net.py", 7, 21, 7, 39, "        self.conv = nn.Conv2d(8, 8, 1)"),
    Certainty.EXACT,
    (Call(Span("nets/net.py", 20, 5, 20, 13, "    Block(8)"), "Block(...)", "Net.__init__"),),
)
EVIL = (
    "a\x1b[31m\n::error::x,y:%0A<script>`|[x](javascript:1)&\u202e@team #1 ##[add-mask]a\ufffe]]>"
)
JENKINS = xmlschema.XMLSchema(DATA / "junit-10.xsd")
JSON = ("sarif", "gitlab", "rdjson", "json", "model-explorer")
CI = (*JSON, "github", "junit", "markdown", "html")
DOCUMENTS = {
    "no model": Report(()),
    "all there is": fakes.rich_report(),
    "faults": Report(
        (ModelReport("bad.onnx", error="is empty"),), problems=("bad.onnx: rule G3 crashed", "no")
    ),
    "hard names": Report(
        (fakes.model(replace(fakes.finding(), module=EVIL, message=EVIL), path=EVIL),)
    ),
}


def report(*, path: str = "models/net.onnx", located: bool = True) -> Report:
    found = replace(fakes.finding(Severity.WARNING), location=LINE if located else None)
    model = fakes.model(fakes.finding(), found, fakes.finding(Severity.NOTE), path=path)
    return Report((model, ModelReport("bad.onnx", error="is empty")), rules=(RULE,))


def rendered(name: str, given: Report, style: Style | None = None) -> str:
    return renderer(name).render(given, style or Style())


@pytest.mark.parametrize("name", CI)
def test_every_format_tells_of_an_empty_run(name: str) -> None:
    assert rendered(name, Report(())) == rendered(name, Report(()))


@pytest.mark.parametrize("name", DOCUMENTS)
def test_junit_fits_the_schema_of_jenkins(name: str) -> None:
    JENKINS.validate(rendered("junit", DOCUMENTS[name]))


def test_the_schema_of_jenkins_is_looked_at() -> None:
    wrong = rendered("junit", Report((fakes.model(),))).replace("classname", "class")
    with pytest.raises(xmlschema.XMLSchemaValidationError):
        JENKINS.validate(wrong)


@pytest.mark.parametrize("name", DOCUMENTS)
@pytest.mark.parametrize(
    ("format_", "schema"), [("rdjson", "rdjson.json"), ("gitlab", "gitlab-code-quality.json")]
)
def test_diagnostics_fit_the_schema(format_: str, schema: str, name: str) -> None:
    assert faults_by(schema, rendered(format_, DOCUMENTS[name])) == []


@pytest.mark.parametrize("name", CI)
def test_no_name_from_a_file_breaks_out_of_a_format(name: str) -> None:
    finding = replace(fakes.finding(), module=EVIL, message=EVIL)
    text = rendered(name, Report((fakes.model(finding, path=EVIL),), rules=(RULE,)))
    assert not [each for each in text if not each.isprintable() and each != "\n"]
    assert "##[" not in text
    if name in JSON:
        json.loads(text)
    elif name == "junit":
        (suite,) = ET.fromstring(text)
        assert len(suite) == 1
    elif name == "github":
        assert [line[:8] for line in text.splitlines()] == ["::error "]
        properties = text[8:].partition("::")[0]
        assert properties.count(",") == 3
    elif name == "html":
        assert "<script" not in text
        assert "&lt;script&gt;" in text
    else:
        assert "<script" not in text
        assert "](javascript" not in text
        assert "`" not in text.replace("\\`", "")
        assert not re.search(r"(?<!&)[@#!]\w", text)
        assert text.count("\n|") == 2 + 1 + 2 + 1


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


def test_faults_are_among_the_ten_of_their_level() -> None:
    unread = tuple(ModelReport(f"{number}.onnx", error="is empty") for number in range(8))
    given = Report((*unread, fakes.model(*[fakes.finding()] * 4)))
    lines = rendered("github", given).splitlines()
    assert [line.partition(" ")[0] for line in lines[:-1]] == ["::error"] * 10
    assert lines[-1] == "archlint: 2 more of level error are not annotated"


def test_github_repeats_the_place_in_the_text() -> None:
    lines = rendered("github", report()).splitlines()
    assert lines[0] == "::error file=bad.onnx,line=1,title=archlint::bad.onnx: is empty"
    assert lines[2].startswith(
        "::warning file=nets/net.py,line=7,endLine=7,title=G2 group-convolution,col=21,endColumn=38"
        "::nets/net.py:7: "
    )
    assert len(lines) == 3
    assert len(rendered("github", report(), Style(notes=True)).splitlines()) == 4


def test_gitlab_has_distinct_fingerprints_by_model() -> None:
    one, other = (json.loads(rendered("gitlab", report(path=each))) for each in ("a", "b"))
    assert [each["severity"] for each in one] == ["blocker", "critical", "major", "info"]
    assert one[0] == other[0]
    keys = [each["fingerprint"] for each in (*one, *other[1:])]
    assert len(set(keys)) == len(keys)


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
        "message": "bad.onnx: is empty",
        "location": {"path": "bad.onnx", "range": {"start": {"line": 1}}},
        "severity": "ERROR",
    }  # fmt: skip
    assert found[2]["location"] == {
        "path": "nets/net.py",
        "range": {"start": {"line": 7, "column": 21}, "end": {"line": 7, "column": 39}},
    }


def test_rdjson_counts_columns_in_bytes() -> None:
    text = "    x = Größe(nn.Conv2d(8, 8, 1))"
    where = Location(Span("a.py", 3, 15, 3, 33, text), Certainty.EXACT)
    given = Report((fakes.model(replace(fakes.finding(), location=where)),))
    (found,) = json.loads(rendered("rdjson", given))["diagnostics"]
    assert found["location"]["range"] == {
        "start": {"line": 3, "column": 17}, "end": {"line": 3, "column": 35},
    }  # fmt: skip


def test_a_configured_model_that_fails_is_at_its_line_of_the_configuration() -> None:
    entry = Span("archlint.toml", 4, 1, 4, 15, 'name = "small"')
    given = Report((ModelReport("small", error="no such class", entry=entry),))
    (found,) = json.loads(rendered("gitlab", given))
    assert found["location"] == {"path": "archlint.toml", "lines": {"begin": 4, "end": 4}}
    assert rendered("github", given) == (
        "::error file=archlint.toml,line=4,title=archlint::small: no such class\n"
    )


def test_rules_that_crashed_are_told_of() -> None:
    given = DOCUMENTS["faults"]
    assert [each["location"]["path"] for each in json.loads(rendered("rdjson", given))[
        "diagnostics"
    ]] == ["bad.onnx", "bad.onnx", "."]  # fmt: skip
    whole = ET.fromstring(rendered("junit", given))
    assert (whole.get("tests"), whole.get("errors")) == ("3", "3")


def test_a_comment_has_a_small_table_and_folds_the_rest() -> None:
    ignored = IgnoredFinding(fakes.finding(), "as published in 2017")
    model = replace(
        fakes.model(fakes.finding(), fakes.finding(Severity.NOTE), path="a.onnx"),
        ignored=(ignored,),
    )
    assert (
        rendered("markdown", Report((model,)))
        == """\
**archlint**: 1 error, 1 note in 1 model; not shown\\: 1 ignored

|  | finding | where | slower | saves |
| --- | --- | --- | ---: | ---: |
| error | **G2** 1x1 convs in 3 groups take longer than dense ones with the same FLOPs \
| a\\.onnx: stages\\.\\*\\.\\*\\.gconv, 2 places | 1.52x | 0.629 ms, 10.4 % |

<details><summary>What to do instead</summary>

- **G2** a\\.onnx: stages\\.0\\.3\\.gconv
  - now: 1x1 conv 240 \\-\\> 240 in 3 groups at 28x28, and the block around it
  - instead: 1x1 conv 136 \\-\\> 136, dense, with the same FLOPs
  - help: Use dense convs with fewer channels\\.

</details>

<details><summary>1 small note</summary>

|  | finding | where | slower | saves |
| --- | --- | --- | ---: | ---: |
| note | **G2** 1x1 convs in 3 groups take longer than dense ones with the same FLOPs \
| a\\.onnx: stages\\.\\*\\.\\*\\.gconv, 2 places | 1.52x | 0.629 ms, 0.4 % |

</details>

<details><summary>Models</summary>

| model | FLOPs | parameters | predicted | the time | on |
|---|---:|---:|---:|---|---|
| a\\.onnx | 1.10 GFLOPs | 3.50 M | 10.3 ms (modelled) \
| 46\\.7 \\% goes to group conv, for 4\\.1 \\% of the FLOPs | gtx1080ti\\-cudnn7\\-fp32 |

</details>

<details><summary>Ignored</summary>

- G2 a\\.onnx\\: stages\\.\\*\\.\\*\\.gconv\\: as published in 2017

</details>
"""
    )


def test_a_comment_is_never_too_long_for_github() -> None:
    long = replace(fakes.finding(), message="*" * 9999, module="_" * 9999)
    models = tuple(fakes.model(*[long] * 9, path=f"{n}{'-' * 999}.onnx") for n in range(99))
    text = rendered("markdown", Report(models))
    assert len(text) < 65_536
    assert "871 more are not shown" in text


def test_a_model_of_source_without_a_line_is_at_its_file() -> None:
    lines = rendered("gitlab", report(path="nets/net.py:Net", located=False))
    paths = [each["location"]["path"] for each in json.loads(lines)]
    assert paths == ["bad.onnx", *["nets/net.py"] * 3]


def test_all_formats_are_known() -> None:
    assert set(CI) < set(FORMATS)


@pytest.mark.parametrize("name", ["sarif", "github", "gitlab", "junit", "rdjson"])
def test_what_to_do_stands_in_the_text_itself(name: str) -> None:
    text = rendered(name, Report((fakes.model(fakes.finding()),)))
    found = ET.fromstring(text)[0][0][0].text if name == "junit" else text
    assert (
        " at batch 8. Now at stages.0.3.gconv: 1x1 conv 240 -> 240 in 3 groups at 28x28, and the "
        "block around it. Instead: 1x1 conv 136 -> 136, dense, with the same FLOPs. Help: Use "
        "dense convs with fewer channels."
    ) in str(found)


@pytest.mark.parametrize("name", ["sarif", "github", "gitlab", "junit", "rdjson"])
def test_the_choices_and_what_the_time_would_buy_stand_before_the_help(name: str) -> None:
    found = fakes.finding()
    choices = (
        PricedChoice("gpu", "1 group, 48 channels", 1.1e-3, 0.962, False, True),
        PricedChoice("gpu", "2 groups, 72 channels", 1.9e-3, 1.02, False, False),
        PricedChoice("gpu", "3x3 conv 96 > 96", 4.2e-3, 3.8, True, False),
    )
    place = replace(found.places[0], choices=choices)
    given = replace(found, places=(place, *found.places[1:]))
    text = rendered(name, Report((fakes.model(given),)))
    told = ET.fromstring(text)[0][0][0].text if name == "junit" else text
    assert (
        " Choices: 1 group, 48 channels 1.10 ms (0.96 times the FLOPs, best); 2 groups, 72"
        " channels 1.90 ms. Or: 3x3 conv 96 > 96: 3.80 times the FLOPs at today's time. Help: "
    ) in str(told)


def test_what_is_capped_and_not_small_is_told_and_fails_nothing() -> None:
    much = replace(
        fakes.upper_bound_finding(), prices=(fakes.priced(Severity.NOTE, 1e-3, 1.5, 0.13),)
    )
    given = Report((fakes.model(much, fakes.upper_bound_finding()),))
    assert rendered("github", given).count("::notice ") == 1
    ((case,),) = ET.fromstring(rendered("junit", given))
    assert [each.tag for each in case] == ["system-out"]
    assert "Instead (upper bound): " in str(case[0].text)
    table = rendered("markdown", given).partition("<details>")[0]
    assert "| note | **G4** channel shuffles move data |" in table
