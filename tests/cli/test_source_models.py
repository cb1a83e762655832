from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from archlint.cli import run

pytest.importorskip("torch", reason="it exports")
pytest.importorskip("onnxscript", reason="the exporter needs it")

NET = """\
from torch import nn


class Block(nn.Module):
    def __init__(self, channels, wide):
        super().__init__()
        self.expand = nn.Conv2d(channels, wide, 1)
        self.project = nn.Conv2d(wide, channels, 1)

    def forward(self, x):
        return x + self.project(self.expand(x).relu())


class Net(nn.Module):
    def __init__(self, wide=512):
        super().__init__()
        print("building")
        self.stem = nn.Conv2d(3, 64, 3)
        self.blocks = nn.Sequential(*[Block(64, wide) for _ in range(3)])
        self.head = nn.Linear(64, 10)

    def forward(self, x):
        return self.head(self.blocks(self.stem(x)).mean((2, 3)))


def broken():
    raise ValueError("no such net")
"""
INPUT = ["--input", "8x3x58x58", "--target", "gtx1080ti"]


@pytest.fixture(autouse=True)
def _in_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "nets.py").write_text(NET, encoding="utf-8")


def lint(capsys: pytest.CaptureFixture[str], *args: str) -> tuple[int, dict[str, Any], str]:
    code = run(["check", *args, "--format", "json", "--notes"])
    out, err = capsys.readouterr()
    return code, json.loads(out), err


def test_a_finding_is_at_the_line_that_made_the_layer(
    capsys: pytest.CaptureFixture[str],
) -> None:
    code, report, err = lint(capsys, "nets.py:Net", *INPUT, "--select", "G1", "--fail-on", "never")
    assert (code, err) == (0, "")
    (model,) = report["models"]
    assert model["path"] == "nets.py:Net"
    (finding,) = model["findings"]
    where = finding["location"]
    assert (where["path"], where["line"], where["column"]) == ("nets.py", 7, 23)
    assert where["source"] == "        self.expand = nn.Conv2d(channels, wide, 1)"
    assert where["certainty"] == "exact"
    assert [(each["what"], each["inside"], each["line"]) for each in where["chain"]] == [
        ("Block(...)", "Net.__init__", 19)
    ]
    assert finding["module"] == "blocks.*.expand"


def test_what_a_factory_takes_is_handed_on(capsys: pytest.CaptureFixture[str]) -> None:
    _, report, _ = lint(capsys, "nets.py:Net", *INPUT, "--kwargs", '{"wide": 64}', "--select", "G1")
    assert report["models"][0]["findings"] == []


def test_a_factory_that_fails_is_one_line_and_the_other_models_are_linted(
    capsys: pytest.CaptureFixture[str],
) -> None:
    code, report, err = lint(capsys, "nets.py:broken", "nets.py:Net", *INPUT)
    assert code == 2
    assert err == "archlint: nets.py:broken: ValueError: no such net (nets.py:27)\n"
    assert [each["error"] is None for each in report["models"]] == [False, True]


def test_without_words_the_configured_models_are_linted(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "archlint.toml").write_text(
        """
        [[models]]
        name = "wide"
        factory = "nets.py:Net"
        inputs = "8x3x58x58"
        [[models]]
        name = "narrow"
        factory = "nets.py:Net"
        inputs = "1x3x30x30"
        kwargs = { wide = 64 }
        targets = "epyc-milan-ort-fp32-1t"
        """,
        encoding="utf-8",
    )
    _, report, _ = lint(capsys)
    assert [each["path"] for each in report["models"]] == ["wide", "narrow"]
    assert [each["targets"][0]["target"] for each in report["models"]] == [
        "rtx4090-torch2.9-amp",
        "epyc-milan-ort-fp32-1t",
    ]
    assert [each["inputs"][0]["shape"] for each in report["models"]] == [
        [256, 3, 58, 58],
        [1, 3, 30, 30],
    ]
    _, report, _ = lint(capsys, "narrow")
    assert [each["path"] for each in report["models"]] == ["narrow"]


def test_a_model_of_source_is_explained(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["explain", "nets.py:Net", "blocks.0.expand", *INPUT]) == 0
    out, _ = capsys.readouterr()
    assert "Conv 64>512 k1x1 @56x56 b8" in out


def test_ignores_are_written_at_the_lines_and_then_obeyed(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert run(["nets.py:Net", *INPUT, "--add-ignores", "as published"]) == 0
    assert capsys.readouterr() == ("", "archlint: ignores written: 1 line in 1 file\n")
    before, after = NET.splitlines(), (tmp_path / "nets.py").read_text().splitlines()
    assert [new for old, new in zip(before, after, strict=True) if old != new] == [
        f"{before[6]}  # archlint: ignore[G1] as published"
    ]
    code, report, _ = lint(capsys, "nets.py:Net", *INPUT, "--select", "G1")
    assert code == 0
    (model,) = report["models"]
    assert model["findings"] == []
    assert [(each["finding"]["code"], each["reason"]) for each in model["ignored"]] == [
        ("G1", "as published")
    ]
    assert report["comment_faults"] == []
    _, report, _ = lint(capsys, "nets.py:Net", *INPUT[2:], "--input", "1x3x8x8", "--select", "G1")
    assert report["comment_faults"] == ["nets.py:7:53: unused ignore of G1"]
