from __future__ import annotations

import json
from pathlib import Path

import pytest

from archlint.cli import run

ROOT = Path(__file__).parents[2]
MODEL = "examples/onnx/mobilenet_v2.onnx"
ON = ("--target", "gtx1080ti", "--batch", "8")


def lines(capsys: pytest.CaptureFixture[str], *args: str) -> list[str]:
    assert run([MODEL, *ON, "--format", "concise", "--notes", "-q", *args]) == 1
    return capsys.readouterr().out.splitlines()


@pytest.fixture(autouse=True)
def _in_the_repository(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)


def test_a_file_s_findings_are_at_the_lines_of_the_source(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert [each.partition(": ")[0] for each in lines(capsys, "--source-root", "examples")] == [
        "examples/nets/mobilenet.py:24:13",
        "examples/nets/mobilenet.py:24:13",
        "examples/nets/mobilenet.py:100:16",
    ]


def test_source_that_is_another_s_locates_nothing(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "other.py").write_text("x = 1\n", encoding="utf-8")
    for line in lines(capsys, "--source-root", str(tmp_path)):
        assert line.startswith(f"{MODEL}:")


def test_a_root_that_is_no_folder_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert run([MODEL, "--source-root", "nowhere"]) == 2
    assert capsys.readouterr().err == ('archlint: --source-root: no such folder: "nowhere"\n')


def test_comments_in_the_source_are_obeyed(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    source = (ROOT / "examples" / "nets" / "mobilenet.py").read_text(encoding="utf-8")
    before = "class InvertedResidual(nn.Module):"
    assert source.count(before) == 1
    text = source.replace(before, f"{before}  # archlint: ignore[G1, G4] as published")
    (tmp_path / "nets").mkdir()
    (tmp_path / "nets" / "mobilenet.py").write_text(text, encoding="utf-8")
    args = [MODEL, *ON, "--format", "json", "--source-root", str(tmp_path)]
    assert run(args) == 0
    report = json.loads(capsys.readouterr().out)
    (model,) = report["models"]
    assert model["findings"] == []
    assert {each["reason"] for each in model["ignored"]} == {"as published"}
    assert report["comment_faults"] == []


def test_findings_of_the_examples_are_exact_where_a_module_made_their_operator(
    capsys: pytest.CaptureFixture[str],
) -> None:
    args = ["examples/onnx", "--source-root", "examples", *ON, "--format", "json"]
    for target in ("epyc-milan-ort-fp32-1t", "epyc-milan-torch-fp32-1t", "gtx1080ti-cudnn7-fp32"):
        args += ["--target", target]
    assert run(args) == 1
    models = json.loads(capsys.readouterr().out)["models"]
    assert len(models) == 12
    found = [(each["message"], each["location"]) for one in models for each in one["findings"]]
    rest = [message for message, location in found if location["certainty"] != "exact"]
    assert len(rest) <= 0.05 * len(found)
    # the exporter tells nothing of a Split, and no module makes it
    assert [message.split()[0] for message in rest] == ["Split"]
