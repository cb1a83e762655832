"""What the paper says of known networks, on the paper's GPU at the paper's batch."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

import archlint
from archlint.cost.target import load_target
from archlint.cost.target_files import SHIPPED, list_targets
from archlint.results.findings import Finding, Severity

EXAMPLES = Path(__file__).parents[2] / "examples" / "onnx"


@cache
def findings(name: str) -> tuple[Finding, ...]:
    path = EXAMPLES / f"{name}.onnx"
    report = archlint.lint(path, targets=["gtx1080ti-cudnn7-fp32"], batch=8)
    assert report.errors == ()
    return report.models[0].findings


def codes(name: str, least: Severity = Severity.NOTE) -> set[str]:
    return {each.code for each in findings(name) if each.severity.rank >= least.rank}


def test_every_example_is_priced_on_the_paper_s_gpu() -> None:
    for path in EXAMPLES.glob("*.onnx"):
        findings(path.stem)


def test_the_group_convs_of_shufflenet_v1_are_found() -> None:
    assert "G2" in codes("shufflenet_v1_g3")


def test_the_inverted_bottlenecks_of_mobilenet_v2_are_found() -> None:
    assert {"G1", "G4"} <= codes("mobilenet_v2", Severity.WARNING)


def test_the_cells_of_nasnet_are_found() -> None:
    assert "G3" in codes("nasnet_a_small", Severity.WARNING)


def test_the_branches_of_a_repvgg_in_training_are_found_exact() -> None:
    assert any(each.exact and each.code in ("G3", "G4") for each in findings("repvgg_a0_train"))


@pytest.mark.parametrize(
    "name", ["shufflenet_v2", "mobilenet_v1", "resnet18", "vgg16", "repvgg_a0_deploy"]
)
def test_networks_that_follow_the_guidelines_have_no_finding_of_g1_to_g3(name: str) -> None:
    assert codes(name, Severity.WARNING).isdisjoint({"G1", "G2", "G3"})


@pytest.mark.parametrize("name", ["resnet50", "vgg16", "vit_s16"])
def test_plain_networks_have_no_warning_of_widths_groups_fragments_or_work_on_any_cpu(
    name: str,
) -> None:
    cpus = [
        target
        for target, files in list_targets(SHIPPED).items()
        if (loaded := load_target(files)).threads and loaded.dtype == "float"
    ]
    assert len(cpus) > 3
    report = archlint.lint(EXAMPLES / f"{name}.onnx", targets=cpus)
    assert report.errors == ()
    (model,) = report.models
    assert {each.target for each in model.targets} == set(cpus)
    found = {each.code for each in model.findings if each.severity is not Severity.NOTE}
    assert found.isdisjoint({"G1", "G2", "G3", "A1", "R1"})
