"""Small files that are made to run on, or to fill the memory, take what other files take."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import onnx
import pytest

from tests.limits.bombs import BOMBS

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux limits memory")

MOST_SECONDS = 2.0
"""Of the processor: what a clock tells depends on what else the machine does."""

TRIES = 3
"""Of seconds: what else runs on a machine makes a process slower, never quicker."""

MOST_BYTES = 300 << 20
TARGET = "epyc-genoa-ort-fp32-1t"
"""Of a runtime that rewrites the graph by passes."""

ROOT = Path(__file__).parents[2]


_BETWEEN = """
import os, subprocess, sys
process = subprocess.Popen([sys.executable, "-m", "archlint", *sys.argv[2:]])
_, status, usage = os.wait4(process.pid, 0)
with open(sys.argv[1], "w") as file:
    print(usage.ru_utime + usage.ru_stime, usage.ru_maxrss, file=file)
sys.exit(os.waitstatus_to_exitcode(status))
"""
"""A small process that starts another: what this one holds would count as the other's."""


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_takes_no_more_than_another_file(name: str, tmp_path: Path) -> None:
    file, usage = tmp_path / f"{name}.onnx", tmp_path / "usage"
    onnx.save(BOMBS[name](), file)
    words = [str(usage), "--isolated", "--fail-on", "never", "--target", TARGET, str(file)]
    for _ in range(TRIES):
        done = subprocess.run(
            [sys.executable, "-c", _BETWEEN, *words],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env={**os.environ, "PYTHONPATH": str(ROOT), "OPENBLAS_NUM_THREADS": "1"},
            check=False,
        )
        seconds, kilobytes = map(float, usage.read_text().split())
        if seconds < MOST_SECONDS:
            break
    assert seconds < MOST_SECONDS
    assert kilobytes * 1024 < MOST_BYTES
    assert done.returncode in (0, 2), done.stdout
    assert "internal error" not in done.stdout
    assert "took longer" not in done.stdout
