from __future__ import annotations

import json
from dataclasses import replace

import jsonschema  # type: ignore[import-untyped]  # it comes without types
import pytest

from archlint.report import Style, verify_json, verify_text
from archlint.report.schema import schema
from archlint.results.findings import Severity
from archlint.results.verification import (
    Kept,
    Ratio,
    Rewritten,
    Verdict,
    Verification,
    VerifiedFinding,
    VerifiedModel,
    VerifiedPlace,
    WholeModel,
)
from tests.report import fakes

PLACE = VerifiedPlace(
    module="blocks.3.expand.0",
    count=2,
    weight=1.5,
    now=fakes.variant("wide", "Conv 24>144 k1x1 @56x56 +Clip; Conv 144>24 k1x1 @56x56"),
    instead=fakes.variant("even", "2 Conv 48>64 k1x1 @56x56; Conv 64>48 k1x1 @56x56"),
    neighbours=22,
    predicted=Ratio(1.3, 1.2, 1.4),
    measured=Ratio(1.28, 1.25, 1.31),
    now_seconds=(0.00128, 0.0013, 0.00125),
    instead_seconds=(0.001, 0.001, 0.001),
)
REASON = "ONNX Runtime 1.32.0 does not run Resize 64 @28x28>56x56"
UNRUN = replace(
    PLACE, module="up.0", measured=None, now_seconds=(), instead_seconds=(), reason=REASON
)


def finding(
    verdict: Verdict, measured: Ratio | None, code: str = "G1", module: str = "blocks.*.expand.*"
) -> VerifiedFinding:
    run = measured is not None
    printed = fakes.priced(Severity.WARNING, 1e-3, 1.5, 0.05)
    found = replace(
        fakes.finding(Severity.WARNING),
        code=code,
        module=module,
        prices=(replace(printed, slowdown_low=1.4, slowdown_high=1.6),),
    )
    return VerifiedFinding(
        finding=found,
        predicted=Ratio(1.3, 1.2, 1.4),
        measured=measured,
        verdict=verdict,
        reason="" if run else REASON,
        places=(PLACE,) if run else (UNRUN,),
        left_out=5 if run else 0,
    )


VERIFICATION = Verification(
    target="laptop-ort-fp32-1t",
    sessions=3,
    models=(
        VerifiedModel(
            path="net.onnx",
            title="Fast CPU, ONNX Runtime 1.32.0, fp32, 1 thread, batch 1",
            findings=(
                finding(Verdict.CONFIRMED, Ratio(1.28, 1.25, 1.31)),
                finding(Verdict.CONFIRMED, Ratio(1.6, 1.55, 1.61), code="G2"),
                finding(Verdict.WEAKER, Ratio(1.1, 0.99, 1.12), module="layer1.0.conv2"),
                finding(Verdict.REFUTED, Ratio(0.9, 0.88, 0.94), code="G4", module="stages"),
                finding(Verdict.NOT_RUN, None, code="G3", module="decoder.up"),
            ),
            whole=WholeModel(0.010, 0.009, 0.011, (0.0105, 0.0107, 0.0104), 1.02),
            hidden=2,
        ),
        VerifiedModel(path="fine.onnx", title="Fast CPU, batch 1"),
        VerifiedModel(path="bad.onnx", error="is empty"),
    ),
    kept=Kept(12, "rules", 1, 3),
)
TEXT = """\
net.onnx
  verified on Fast CPU, ONNX Runtime 1.32.0, fp32, 1 thread, batch 1
  code  place              predicted          measured           verdict
  G1    blocks.*.expand.*  1.30x (1.20-1.40)  1.28x (1.25-1.31)  confirmed
    5 places not run; all: 1.50x (1.40-1.60) predicted
  G2    blocks.*.expand.*  1.30x (1.20-1.40)  1.60x (1.55-1.61)  confirmed
    5 places not run; all: 1.50x (1.40-1.60) predicted
  G1    layer1.0.conv2     1.30x (1.20-1.40)  1.10x (0.99-1.12)  weaker
    5 places not run; all: 1.50x (1.40-1.60) predicted
  G4    stages             1.30x (1.20-1.40)  0.90x (0.88-0.94)  refuted
    5 places not run; all: 1.50x (1.40-1.60) predicted
  G3    decoder.up         1.30x (1.20-1.40)  -                  not run
    ONNX Runtime 1.32.0 does not run Resize 64 @28x28>56x56
  network   predicted 10.0 ms  (9.00 to 11.0)  measured 10.5 ms (+5.0 %)
            without the drift of +2.0 % 10.3 ms (+2.9 %)
  hidden    2 findings below --severity not run

fine.onnx
  verified on Fast CPU, batch 1
  findings  none to run

kept: 12 rows added in rules, 3 were there before, 1 too uncertain
2 confirmed (1 inside the band), 1 weaker, 1 refuted, 1 not run in 2 models; 1
model not linted: bad.onnx
"""


def test_the_text() -> None:
    text = verify_text.render(VERIFICATION, Style(width=80))
    assert text == TEXT
    assert max(map(len, text.splitlines())) <= 80


def test_with_verbose_the_places_come_too() -> None:
    lines = verify_text.render(VERIFICATION, Style(verbose=True)).splitlines()
    at = next(n for n, line in enumerate(lines) if line.startswith("  G1"))
    assert lines[at + 1 : at + 5] == [
        "    5 places not run; all: 1.50x (1.40-1.60) predicted",
        "        2 x blocks.3.expand.0  1.30x (1.20-1.40)  1.28x (1.25-1.31)",
        "    now: Conv 24>144 k1x1 @56x56 +Clip; Conv 144>24 k1x1 @56x56",
        "    instead: Conv 48>64 k1x1 @56x56; Conv 48>64 k1x1 @56x56; Conv 64>48 k1x1 @56x56",
    ]


def test_a_model_that_could_not_be_run_says_why() -> None:
    whole = WholeModel(0.010, 0.009, 0.011, reason="ONNX Runtime: no")
    model = VerifiedModel("net.onnx", "Fast CPU", whole=whole)
    text = verify_text.render(replace(VERIFICATION, models=(model,), kept=None), Style())
    assert text.splitlines()[2:] == [
        "  findings  none to run",
        "  network   predicted 10.0 ms  (9.00 to 11.0)  not run: ONNX Runtime: no",
        "",
        "No findings to run.",
    ]


@pytest.mark.parametrize(("rewritten", "line"), [
    (Rewritten(6e-7), "outputs the same (6e-07)"),
    (Rewritten(0.0), "outputs identical"),
    (Rewritten(3e-3), "outputs differ (3e-03)"),
    (Rewritten(float("inf")), "outputs differ (inf)"),
    (Rewritten(6e-7, (0.056, 0.057, 0.056), (0.052, 0.052, 0.051)),
     "outputs the same (6e-07); network 56.0 ms now, 52.0 ms instead"),
    (Rewritten(reason="ONNX Runtime: no"), "outputs not compared: ONNX Runtime: no"),
])  # fmt: skip
def test_the_whole_model_rewritten_has_a_line(rewritten: Rewritten, line: str) -> None:
    verified = replace(finding(Verdict.CONFIRMED, Ratio(1.3, 1.2, 1.4)), rewritten=rewritten)
    model = VerifiedModel("net.onnx", "Fast CPU", findings=(verified,))
    report = replace(VERIFICATION, models=(model,))
    assert f"    {line}" in verify_text.render(report, Style(width=100)).splitlines()
    document = json.loads(verify_json.render(report))
    jsonschema.Draft202012Validator(json.loads(schema("verify"))).validate(document)
    same = document["models"][0]["findings"][0]["rewritten"]["same"]
    assert same is (None if rewritten.reason else rewritten.difference < 1e-5)


def test_verdicts_are_coloured() -> None:
    text = verify_text.render(VERIFICATION, Style(color=True))
    assert "\x1b[1;32mconfirmed\x1b[0m" in text
    assert "\x1b[1;31mrefuted\x1b[0m" in text


def test_the_json_fits_its_schema() -> None:
    document = json.loads(verify_json.render(VERIFICATION))
    jsonschema.Draft202012Validator(json.loads(schema("verify"))).validate(document)
    place = document["models"][0]["findings"][0]["places"][0]
    assert place["now"]["session_ms"] == [1.28, 1.3, 1.25]
    assert place["instead"]["text"] == "even"
    assert [(each["count"], each["text"]) for each in place["instead"]["kernels"]] == [
        (2, "Conv 48>64 k1x1 @56x56"),
        (1, "Conv 64>48 k1x1 @56x56"),
    ]
    assert document["models"][0]["whole"]["difference"] == 0.0294118
    bare = replace(VERIFICATION, models=(), kept=None, problems=("a rule crashed",))
    jsonschema.Draft202012Validator(json.loads(schema("verify"))).validate(
        json.loads(verify_json.render(bare))
    )


def test_the_exit_code() -> None:
    def code(*models: VerifiedModel) -> int:
        return replace(VERIFICATION, models=models).exit_code

    confirmed = VerifiedModel("a.onnx", findings=(finding(Verdict.CONFIRMED, Ratio(2, 2, 2)),))
    weaker = VerifiedModel("a.onnx", findings=(finding(Verdict.WEAKER, Ratio(1, 1, 1)),))
    refuted = VerifiedModel("a.onnx", findings=(finding(Verdict.REFUTED, Ratio(0.9, 0.9, 0.9)),))
    unrun = VerifiedModel("a.onnx", findings=(finding(Verdict.NOT_RUN, None),))
    unread = VerifiedModel("b.onnx", error="is empty")
    assert code(confirmed, weaker, unrun) == code() == 0
    assert code(confirmed, refuted) == 1
    assert code(refuted, unread) == 2
    assert replace(VERIFICATION, models=(), problems=("crashed",)).exit_code == 2
