from __future__ import annotations

from pathlib import Path

import pytest

from archlint.linter.flips import usual_batch
from archlint.linter.pipeline import lint
from archlint.results.findings import ModelReport, Severity
from archlint.results.judgement import Flip
from archlint.settings.options import Options

EXAMPLES = Path(__file__).parents[2] / "examples" / "onnx"


def linted(name: str, **options: object) -> ModelReport:
    given = {"targets": ("gtx1080ti-cudnn7-fp32",), **options}
    report = lint([str(EXAMPLES / f"{name}.onnx")], Options(**given))  # type: ignore[arg-type]
    assert report.errors == ()
    return report.models[0]


def flips(model: ModelReport, code: str) -> list[tuple[Flip, ...]]:
    return [finding.flips for finding in model.findings if finding.code == code]


@pytest.mark.parametrize(
    ("assumed", "ranges", "expected"),
    [(1, [(1, 8)], 8), (1, [(1, 1), (1, 8)], 8), (1, [(1, 1)], None), (1, [], None)],
)
def test_the_other_usual_batch_is_the_greatest_of_the_targets(
    assumed: int, ranges: list[tuple[int, int]], expected: int | None
) -> None:
    assert usual_batch(assumed, ranges) == expected


def test_a_finding_says_that_it_is_a_warning_at_another_usual_batch() -> None:
    model = linted("mobilenet_v2", select=("G1",))
    (found,) = model.findings
    assert found.severity is Severity.NOTE
    at_eight = linted("mobilenet_v2", select=("G1",), batch=8).findings[0].prices[0]
    assert at_eight.severity is Severity.WARNING
    share = at_eight.saving_share
    assert found.flips == (Flip(at_eight.target, 1, 8, Severity.WARNING, share),)


def test_a_batch_that_was_asked_for_is_not_doubted() -> None:
    for batch in (1, 8):
        model = linted("mobilenet_v2", batch=batch)
        assert {each.flips for each in model.findings} == {()}
        assert model.flips == ()


def test_a_target_of_one_batch_has_nothing_to_compare() -> None:
    model = linted("mobilenet_v2", targets=("snapdragon810-neon-fp32",))
    assert {each.flips for each in model.findings} <= {()}


def test_a_verdict_that_stays_is_not_told() -> None:
    assert flips(linted("nasnet_a_small", select=("G3",)), "G3") == [()]


def test_what_only_the_other_batch_brings_is_told_of_the_model() -> None:
    here = linted("vit_s16", select=("G4",))
    (only,) = here.flips
    assert (only.assumed_batch, only.batch) == (1, 8)
    assert "blocks.*.mlp.act" not in {each.module for each in here.findings}
    there = linted("vit_s16", select=("G4",), batch=8)
    (brought,) = (each for each in there.findings if each.module == "blocks.*.mlp.act")
    assert brought.severity is Severity.WARNING
    assert only.finding == brought
