"""`archlint check --watch`, on a terminal's behalf: a process that is told and interrupted."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from archlint.cli import run
from tests.docs import ROOT

MODEL = ROOT / "examples" / "onnx" / "mobilenet_v2.onnx"


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="interrupted by a signal")
def test_it_lints_again_where_something_changes_until_it_is_interrupted(tmp_path: Path) -> None:
    config, out = tmp_path / "archlint.toml", tmp_path / "out"
    (tmp_path / "model.onnx").write_bytes(MODEL.read_bytes())
    config.write_text('target = "epyc-milan-ort-fp32-1t"\n')
    words = ["check", "--watch", "--no-cache", "--format", "concise", "."]
    command = [sys.executable, "-m", "archlint", *words]
    with out.open("wb") as file:
        process = subprocess.Popen(command, stdout=file, stderr=file, cwd=tmp_path)
    _until(lambda: "watching 2 files" in out.read_text())
    assert "at batch 1)" in out.read_text()
    config.write_text('target = "epyc-milan-ort-fp32-1t"\nbatch = 8\n')
    _until(lambda: out.read_text().count("watching") == 2)
    told = out.read_text().partition("archlint.toml changed")[2]
    assert "at batch 8)" in told
    assert "at batch 1)" not in told
    process.send_signal(signal.SIGINT)
    assert process.wait() == 130


def _until(is_so: Callable[[], bool]) -> None:
    for _ in range(1200):
        if is_so():
            return
        time.sleep(0.05)
    raise AssertionError("it never came")


@pytest.mark.parametrize("word", ["-", "--add-ignores=why", "--write-baseline", "--show-files"])
def test_what_is_done_once_is_not_watched(word: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["check", "--watch", word]) == 2
    assert capsys.readouterr().err == (
        f"archlint: --watch does not go with {word.partition('=')[0]}\n"
    )
