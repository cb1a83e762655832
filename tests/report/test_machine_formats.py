from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import jsonschema  # type: ignore[import-untyped]  # it comes without types
import pytest

from archlint.cost.cpu import Cpu
from archlint.location import Call, Certainty, Location, Span
from archlint.report import (
    FORMATS,
    Style,
    as_json,
    concise,
    explain_json,
    renderer,
    rule_json,
    targets_json,
)
from archlint.report.schema import SCHEMAS, schema
from archlint.results.findings import FoundPlace, Report, Variant
from archlint.results.target_summary import RulePage, Where
from tests.report.fakes import explanation, finding, model, rich_report, targets

ISSUE_KEYS = {
    "model": "path opset inputs operators flops mac_bytes parameters targets findings error",
    "input": "name dtype shape assumed",
    "target": "target predicted_ms low_ms high_ms coverage unpriced",
    "finding": "code name severity message module count location exact fingerprint prices places",
    "price": "target severity now_ms instead_ms slowdown slowdown_low slowdown_high saving_ms "
    "saving_share basis",
    "place": "operators module location evidence now instead prices",
    "variant": "text kernels",
    "kernel": "count text kind c_in c_out in_map out_map window groups",
    "caveat": "at_most reason places of text",
    "location": "path line column end_line end_column source",
}


def document() -> Any:
    return json.loads(as_json.render(rich_report(), Style()))


def check(text: str, command: str) -> None:
    jsonschema.Draft202012Validator(json.loads(schema(command))).validate(json.loads(text))


@pytest.mark.parametrize("command", SCHEMAS)
def test_schemas_are_schemas_and_closed(command: str) -> None:
    written = json.loads(schema(command))
    jsonschema.Draft202012Validator.check_schema(written)
    objects = [each for each in (written, *written["$defs"].values()) if "properties" in each]
    assert objects
    for each in objects:
        assert each["additionalProperties"] is False
        assert each["required"] == list(each["properties"])


def test_reports_fit_the_schema() -> None:
    conv = Span("net.py", 3, 5, 3, 20, "self.conv = Conv2d(...)")
    block = Span("net.py", 9, 9, 9, 20, "        Block(8, 16)")
    call = Call(block, "Block(...)", "Net.__init__")
    where = Location(conv, Certainty.EXACT, (call,))
    located = replace(finding(), location=where)
    bare = replace(finding(), places=(replace(finding().places[0], evidence=None),))
    for report in (rich_report(), Report(models=(model(located, bare),)), Report(models=())):
        check(as_json.render(report, Style()), "check")


def test_explanations_fit_the_schema() -> None:
    check(explain_json.render(explanation()), "explain")


def test_targets_fit_the_schema() -> None:
    cpu = Cpu("AMD", 25, 17, "1", ("avx2",), "performance", hypervisor=False)
    told = replace(targets()[0], where=Where.HERE, cpu=cpu, caches=(1 << 20, 1 << 25))
    check(targets_json.render([told]), "targets")
    text = targets_json.render(targets())
    check(text, "targets")
    assert [each["target"] for each in json.loads(text)["targets"]] == [
        "gtx1080ti-cudnn7-fp32",
        "snapdragon810-neon-fp32",
    ]


def test_rules_fit_the_schema() -> None:
    pages = (RulePage("G1", "unbalanced-channel-width", "Widths differ", "# G1\n"),)
    check(rule_json.render(pages), "rule")


def test_the_schema_has_the_keys_that_were_promised() -> None:
    definitions = json.loads(schema("check"))["$defs"]
    for name, keys in ISSUE_KEYS.items():
        assert set(keys.split()) <= set(definitions[name]["required"]), name


def test_times_are_milliseconds_and_evidence_is_typed() -> None:
    price = document()["models"][0]["findings"][0]["prices"][0]
    assert price == {
        "target": "gtx1080ti-cudnn7-fp32",
        "severity": "error",
        "now_ms": 1.84,
        "instead_ms": 1.21053,
        "slowdown": 1.52,
        "slowdown_low": 1.3072,
        "slowdown_high": 1.7632,
        "saving_ms": 0.629474,
        "saving_share": 0.104,
        "basis": "interpolated",
        "caveat": None,
    }
    evidence = document()["models"][0]["findings"][0]["places"][0]["evidence"]
    assert evidence == {"groups": 3, "channels_per_group": 80, "ratio": 0.333333}


def test_json_holds_notes_and_all_findings_whatever_the_screen_shows() -> None:
    text = as_json.render(rich_report(), Style(notes=False, top=1, quiet=True))
    assert text == as_json.render(rich_report(), Style(notes=True, verbose=True))
    assert len(json.loads(text)["models"][0]["findings"]) == 4


def test_an_unread_model_is_its_error() -> None:
    assert document()["schema_version"] == 2
    unread = document()["models"][2]
    assert unread["path"] == "bad.onnx"
    assert unread["error"] == "not an ONNX model: it ends inside a field"


def test_json_is_ascii_on_any_name() -> None:
    evil = "\x1b[2J\r\n\u202e\x9b\ud800"
    report = Report(models=(model(replace(finding(), module=evil), path=evil),))
    text = as_json.render(report, Style())
    assert text.isascii()
    assert "\x1b" not in text
    assert json.loads(text)["models"][0]["path"] == evil


def test_concise_is_a_line_per_finding() -> None:
    assert concise.render(rich_report(), Style(width=40)) == (
        "examples/shufflenet_v1_g3.onnx:1:1: error G2 1x1 convs in 3 groups take longer than "
        "dense ones with the same FLOPs, stages.*.*.gconv (-10.4 %, 1.52x on "
        "gtx1080ti-cudnn7-fp32 at batch 8)\n"
        "examples/shufflenet_v1_g3.onnx:1:1: warning G3 an undeployed RepVGG block runs 3 "
        "branches that fold into one conv, Conv_12 (-2.1 %, 1.31x on gtx1080ti-cudnn7-fp32 at "
        "batch 8)\n"
    )


def test_concise_in_color() -> None:
    report = Report(models=(model(replace(finding(), message="m"), path="a.onnx"),))
    assert concise.render(report, Style(color=True)) == (
        "\x1b[1ma.onnx:1:1\x1b[0m: error \x1b[1;31mG2\x1b[0m m, stages.*.*.gconv\x1b[2m "
        "(-10.4 %, 1.52x on gtx1080ti-cudnn7-fp32 at batch 8)\x1b[0m\n"
    )


def test_a_finding_without_names_is_placed_by_its_operator() -> None:
    place = FoundPlace(("Conv_3",), "", None, None, Variant(""), Variant(""), ())
    nameless = replace(finding(), module="", message="m", places=(place,))
    bare = replace(nameless, places=())
    report = Report(models=(model(nameless, bare, path="a.onnx"),))
    starts = [line.partition(" (")[0] for line in concise.render(report, Style()).splitlines()]
    assert starts == ["a.onnx:1:1: error G2 m, Conv_3", "a.onnx:1:1: error G2 m, ?"]


@pytest.mark.parametrize("name", FORMATS)
def test_each_format_renders_and_ends_its_last_line(name: str) -> None:
    assert renderer(name).render(rich_report(), Style()).endswith("\n")
