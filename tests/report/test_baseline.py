"""What a report says of places that are known."""

from __future__ import annotations

from dataclasses import replace

import pytest

from archlint.report.formats import renderer
from archlint.report.style import Style
from archlint.results.findings import IgnoredFinding, Report, Severity
from archlint.results.judgement import Dearer, DearerOn
from tests.report.fakes import finding, model

PAPER = Style(width=200)
DEARER = "known, but dearer: saves 2.00 ms now, 1.00 ms at most before"


def report() -> Report:
    known = IgnoredFinding(finding(Severity.WARNING), "as of v1")
    dearer = Dearer("stages.0.3.gconv", (DearerOn("gtx1080ti-cudnn7-fp32", 2e-3, 1e-3),))
    new = replace(finding(), dearer=(dearer,))
    return Report(
        (replace(model(new), known=(known,)),),
        stale=("net.onnx: G1 width, blocks.3.expand: as of v1",),
    )


@pytest.mark.parametrize(
    ("format_", "words"),
    [
        ("full", ["known     2 places of the baseline (-v lists them)", f"      {DEARER}\n"]),
        ("full", ["stale in the baseline net.onnx: G1 width, blocks.3.expand: as of v1\n"]),
        ("full", ["; not shown: 1 in the baseline\n"]),
        ("html", ["1 finding in the baseline", "stale in the baseline: net.onnx: G1", DEARER]),
        ("json", ['"reason": "as of v1"', '"stale": [', DEARER]),
        ("markdown", ["<summary>In the baseline</summary>", "not shown\\: 1 in the baseline"]),
        *((name, [DEARER]) for name in ("sarif", "gitlab", "junit", "rdjson")),
        ("github", ["known, but dearer"]),
    ],
)
def test_every_format_tells_what_is_known(format_: str, words: list[str]) -> None:
    text = renderer(format_).render(report(), PAPER)
    for each in words:
        assert each in text


def test_known_places_are_listed_where_more_is_asked_for() -> None:
    text = renderer("full").render(report(), replace(PAPER, verbose=True))
    assert "known     G2 stages.*.*.gconv: as of v1\n" in text
