from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import jsonschema  # type: ignore[import-untyped]  # it comes without types
import pytest

from archlint.cli import run
from archlint.report.schema import schema

NETS = '''\
import torch
from torch import nn


def conv_bn(channels, size):
    conv = nn.Conv2d(channels, channels, size, padding=size // 2, bias=False)
    return nn.Sequential(conv, nn.BatchNorm2d(channels))


class Block(nn.Module):
    """Two branches."""

    def __init__(self, channels):
        super().__init__()
        self.dense = conv_bn(channels, 3)
        self.point = conv_bn(channels, 1)
        self.act = nn.SiLU()  # as published

    def forward(self, x):
        return self.act(self.dense(x) + self.point(x))


class Net(nn.Module):
    def __init__(self, channels=24):
        super().__init__()
        self.stem = nn.Conv2d(3, channels, 3)
        self.blocks = nn.Sequential(Block(channels), Block(channels))

    def forward(self, x):
        return self.blocks(self.stem(x))


class Watchful(Net):
    def forward(self, x):
        assert isinstance(self.blocks[0].act, nn.SiLU), "SiLU alone"
        return super().forward(x)


def broken():
    raise ValueError("no such net")
'''
FOLDED = """\
-        return self.act(self.dense(x) + self.point(x))
+        if self.training:
+            merged = self.dense(x) + self.point(x)
+        else:
+            merged = folded_branches(x, self.dense, self.point)
+        return self.act(merged)
"""
ACTIVATION = ("-        self.act = nn.SiLU()  # as published\n",
              "+        self.act = nn.ReLU()  # as published\n")  # fmt: skip
TARGET = "epyc-milan-ort-fp32-1t"
OPTIONS = ("--isolated", "--input", "1x3x58x58", "--target", TARGET)


@pytest.fixture(autouse=True)
def _in_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setenv("NO_COLOR", "1")
    (tmp_path / "nets.py").write_text(NETS, encoding="utf-8")


@pytest.fixture
def _torch() -> None:
    pytest.importorskip("torch", reason="it exports")
    pytest.importorskip("onnxscript", reason="the exporter needs it")


def fix(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    code = run(["fix", *words])
    return code, *capsys.readouterr()


@pytest.mark.usefixtures("_torch")
def test_without_more_words_exact_edits_are_shown_and_nothing_is_written(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    code, out, err = fix(capsys, "nets.py:Net", *OPTIONS)
    lines = out.splitlines()
    assert code == 1
    assert lines[0] == "nets.py:Net"
    assert "fixed G3 2 linear branches that are one 3x3 conv [exact]" in lines
    assert "      Block.forward runs one folded conv in eval mode" in lines
    assert "1 finding fixed, all together:" in lines
    (silu,) = [each for each in lines if each.startswith("redesign G4")]
    assert lines[lines.index(silu) + 2] == "      --redesign would put Relu for SiLU"
    assert FOLDED in out
    assert not set(ACTIVATION) & set(out.splitlines(keepends=True))
    assert err.splitlines() == [
        "archlint: trying: exporting the model",
        "archlint: trying: Block.forward runs one folded conv in eval mode",
    ]
    assert (tmp_path / "nets.py").read_text(encoding="utf-8") == NETS

    shutil.copy(tmp_path / "nets.py", tmp_path / "patched.py")
    diff = out[out.index("--- a/nets.py") :]
    subprocess.run(["patch", "patched.py"], input=diff, text=True, check=True, cwd=tmp_path)
    code, out, _ = fix(capsys, "nets.py:Net", *OPTIONS, "--apply")
    assert code == 0
    assert out.endswith("written: nets.py\n")
    assert (tmp_path / "nets.py").read_text() == (tmp_path / "patched.py").read_text()

    code, out, _ = fix(capsys, "nets.py:Net", *OPTIONS)
    assert code == 0
    assert "Nothing was fixed." in out.splitlines()


@pytest.mark.usefixtures("_torch")
def test_json_holds_the_steps_and_the_diff(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = fix(capsys, "nets.py:Net", *OPTIONS, "--format", "json")
    assert code == 1
    found = json.loads(out)
    jsonschema.Draft202012Validator(json.loads(schema("fix"))).validate(found)
    assert found["written"] is False
    assert {each["outcome"] for each in found["steps"]} >= {"fixed"}
    (change,) = found["changes"]
    assert change["diff"].startswith("--- a/nets.py\n")
    (target,) = found["targets"]
    assert found["after"]["predicted"][target] < found["before"]["predicted"][target]


def test_redesign_changes_the_function_too(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = fix(capsys, "nets.py:Net", *OPTIONS, "--redesign")
    assert code == 1
    assert "2 findings fixed, all together:" in out.splitlines()
    assert set(ACTIVATION) <= set(out.splitlines(keepends=True))
    assert "What is not marked exact is another design: train it and check its accuracy." in out


@pytest.mark.usefixtures("_torch")
def test_an_edit_that_does_not_export_is_taken_back(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    words = ("nets.py:Watchful", *OPTIONS, "--redesign", "--select", "G4")
    code, out, _ = fix(capsys, *words, "--apply")
    lines = out.splitlines()
    assert code == 0
    (silu,) = [each for each in lines if each.startswith("taken back G4")]
    at = lines.index(silu)
    assert lines[at + 2 : at + 4] == [
        "      ReLU for SiLU at 1 place of the source",
        "      cannot be exported: SiLU alone (nets.py:35)",
    ]
    assert "Nothing was fixed." in lines
    assert (tmp_path / "nets.py").read_text(encoding="utf-8") == NETS


@pytest.mark.usefixtures("_torch")
def test_what_a_comment_ignores_is_left_alone(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    text = NETS.replace("self.point(x))", "self.point(x))  # archlint: ignore[G3] as published")
    (tmp_path / "nets.py").write_text(text, encoding="utf-8")
    code, out, _ = fix(capsys, "nets.py:Net", *OPTIONS, "--select", "G3")
    assert code == 0
    assert "Nothing was fixed." in out.splitlines()


@pytest.mark.usefixtures("_torch")
def test_a_factory_that_fails_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = fix(capsys, "nets.py:broken", *OPTIONS)
    assert (code, out) == (2, "")
    assert err.splitlines()[-1] == "archlint: nets.py:broken: ValueError: no such net (nets.py:40)"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["net.onnx"], "net.onnx: fix needs Python source, such as nets.py:Net"),
        (["nets.py"], "nets.py: fix needs Python source, such as nets.py:Net"),
        (["."], ".: fix needs Python source, such as nets.py:Net"),
        (["nets.py:Net", "--timeout", "0"],
         "--timeout: expected a number of seconds above 0, found 0.0"),
        (["nets.py:Net", "--input", "1x"], 'expected'),
    ],
)  # fmt: skip
def test_a_user_s_mistake_is_one_line(
    capsys: pytest.CaptureFixture[str], words: list[str], said: str
) -> None:
    code, out, err = fix(capsys, *words, "--isolated")
    assert (code, out) == (2, "")
    assert err.startswith("archlint: ")
    assert err.count("\n") == 1
    assert said in err


@pytest.mark.parametrize("word", ["--select", "--target"])
def test_a_wrong_name_is_one_line(capsys: pytest.CaptureFixture[str], word: str) -> None:
    code, out, err = fix(capsys, "nets.py:Net", "--isolated", word, "G9")
    assert (code, out) == (2, "")
    assert err.count("\n") == 1
    assert "G9" in err
