"""`archlint diff` on models of Python source, in a real repository."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from archlint.cli import run
from tests.source.test_revision import git

pytest.importorskip("torch", reason="builds the models")
pytest.importorskip("onnxscript", reason="exports the models")
pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="no git here")

NET = """
from torch import nn

from parts import width


class Net(nn.Sequential):
    def __init__(self):
        super().__init__(nn.Conv2d(3, width(), 3), nn.ReLU(), nn.Conv2d(width(), 64, 3))
"""
TO = ("--target", "gtx1080ti-cudnn7-fp32", "--input", "1x3x64x64", "--format", "json")


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    git("init", "-q", "-b", "main")
    (tmp_path / "net.py").write_text(NET, "utf-8")
    (tmp_path / "parts.py").write_text("def width():\n    return 32\n", "utf-8")
    git("add", "-A")
    git("commit", "-q", "-m", "one")
    (tmp_path / "parts.py").write_text("def width():\n    return 128\n", "utf-8")
    return tmp_path


@pytest.mark.usefixtures("repository")
@pytest.mark.parametrize(
    "words", [("net.py:Net@HEAD", "net.py:Net"), ("--base", "main", "net.py:Net")]
)
def test_all_of_a_version_is_of_that_revision(
    words: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["diff", *words, *TO[:-2], "--max-slowdown", "10 %"]) == 1
    out, err = capsys.readouterr()
    assert "held against net.py:Net@" in out
    assert "parameters  77.4 k  was 19.4 k  +299.0 %" in out
    assert err == ""


def test_a_model_is_new_where_its_file_is_not(
    repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with (repository / "net.py").open("a") as file:
        file.write("\n\nclass Other(Net):\n    pass\n")
    for model in ("net.py:Other", "new.py:Net"):
        shutil.copy("net.py", "new.py")
        assert run(["diff", "--base", "HEAD", model, *TO]) == 0
        assert '"presence": "added"' in capsys.readouterr().out
    assert run(["diff", "net.py:Other@HEAD", "net.py:Other", *TO]) == 2
    assert 'net.py:Other@HEAD: nothing is called "Other"' in capsys.readouterr().err


def test_a_model_that_cannot_be_built_any_more_is_an_error(
    repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (repository / "parts.py").write_text("def width():\n    raise ValueError('no')\n", "utf-8")
    assert run(["diff", "--base", "HEAD", "net.py:Net", *TO]) == 2
    assert "net.py:Net: ValueError: no (parts.py:2)" in capsys.readouterr().err
