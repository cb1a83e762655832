"""What the judge says, as JSON holds it: data, with the sentence beside it."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import jsonschema  # type: ignore[import-untyped]  # it comes without types

from archlint.report import Style, as_json, explain_json
from archlint.report.json_text import dumped
from archlint.report.schema import schema
from archlint.results.findings import FindingAtBatch, Report
from archlint.results.judgement import Caveat, Dearer, DearerOn, Doubt, Flip
from archlint.results.severity import Severity
from tests.report import fakes

CAVEAT = Caveat(Severity.WARNING, Doubt.SLOWDOWN, min_slowdown=1.1, places=1, of=2)


def document() -> Any:
    """A model that is judged otherwise at another batch, with a place that became dearer."""
    (price,) = fakes.finding().prices
    known = DearerOn("gpu", 2e-3, 1e-3), DearerOn("phone", None, 1e-3)
    finding = replace(
        fakes.finding(),
        prices=(replace(price, caveat=CAVEAT),),
        flips=(Flip("gpu", 1, 8, Severity.WARNING, 0.05), Flip("phone", 1, 8)),
        dearer=(Dearer("stages.0.3.gconv", known),),
    )
    brought = FindingAtBatch(1, 8, fakes.finding(Severity.WARNING))
    model = replace(fakes.model(finding), flips=(brought,))
    written = json.loads(as_json.render(Report(models=(model,)), Style()))
    jsonschema.Draft202012Validator(json.loads(schema("check"))).validate(written)
    return written["models"][0]


def test_a_caveat_has_its_figure_and_the_count_of_places() -> None:
    (price,) = document()["findings"][0]["prices"]
    assert price["caveat"] == {
        "at_most": "warning",
        "reason": "slow-down",
        "min_slowdown": 1.1,
        "basis": None,
        "coverage": None,
        "rule": None,
        "places": 1,
        "of": 2,
        "text": "1 of 2 places does not count: less than 1.10 times slower",
    }


def test_a_flip_has_both_batches_and_the_verdict() -> None:
    warning, nothing = document()["findings"][0]["flips"]
    assert warning == {
        "target": "gpu",
        "assumed_batch": 1,
        "batch": 8,
        "severity": "warning",
        "saving_share": 0.05,
        "text": "at batch 8 on gpu: a warning, 5.0 % of the network",
    }
    assert (nothing["severity"], nothing["saving_share"]) == (None, None)


def test_what_only_the_other_batch_brings_is_a_finding_in_short() -> None:
    (brought,) = document()["flips"]
    assert (brought["assumed_batch"], brought["batch"]) == (1, 8)
    assert (brought["code"], brought["severity"]) == ("G2", "warning")
    assert brought["saving_share"] == 0.061


def test_a_dearer_place_has_what_it_saves_and_saved_on_each_target() -> None:
    (dearer,) = document()["findings"][0]["dearer"]
    assert dearer["module"] == "stages.0.3.gconv"
    assert dearer["targets"] == [
        {"target": "gpu", "saving_ms": 2.0, "most_before_ms": 1.0},
        {"target": "phone", "saving_ms": None, "most_before_ms": 1.0},
    ]


def test_sizes_are_numbers() -> None:
    assert document()["findings"][0]["sizes"] == {
        "maps": [[28, 28], [7, 7]],
        "channels": [240, 960],
        "text": "on 28x28 to 7x7, 240 to 960 channels",
    }


def test_what_stands_at_a_place_is_its_kernels_each_once() -> None:
    now = document()["findings"][0]["places"][0]["now"]
    conv, add = now["kernels"]
    assert now["text"].startswith("1x1 conv 240 -> 240 in 3 groups")
    assert conv == {
        "count": 2,
        "text": "Conv 240>240 k1x1 g3 @28x28",
        "kind": "group conv",
        "op": "Conv",
        "c_in": 240,
        "c_out": 240,
        "in_map": [28, 28],
        "out_map": [28, 28],
        "batch": 1,
        "window": [1, 1],
        "strides": [1, 1],
        "groups": 3,
        "fused": [],
        "path": "",
    }
    assert (add["count"], add["kind"]) == (1, "element-wise")


def test_an_explained_place_is_told_once_and_its_operators_name_its_number() -> None:
    conv, relu, _ = fakes.explanation().operators
    both = replace(fakes.explanation(), operators=(conv, replace(relu, rules=conv.rules)))
    written = json.loads(explain_json.render(both))
    jsonschema.Draft202012Validator(json.loads(schema("explain"))).validate(written)
    (place,) = written["places"]
    assert (place["slowdown"], place["slowdown_low"], place["slowdown_high"]) == (1.42, 1.2, 1.7)
    assert [each["c_out"] for each in place["now"]["kernels"]] == [96]
    for operator in written["operators"]:
        assert [each["place"] for each in operator["rules"]] == [0, None]
        assert [each["fired"] for each in operator["rules"]] == [True, False]


def test_numbers_of_a_shape_stand_in_one_line() -> None:
    names = ["[\n  1,\n  2\n]", "3"]
    text = dumped({"shape": [1, -3, 224], "names": names, "none": [], "share": [0.5, 1]})
    assert '"shape": [1, -3, 224],\n' in text
    assert '"share": [\n' in text
    assert json.loads(text)["names"] == names
