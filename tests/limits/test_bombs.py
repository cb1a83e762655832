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

MOST_BYTES = 300 << 20
ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_takes_no_more_than_another_file(name: str, tmp_path: Path) -> None:
    file = tmp_path / f"{name}.onnx"
    onnx.save(BOMBS[name](), file)
    out = tmp_path / "out"
    with out.open("wb") as stream:
        process = subprocess.Popen(
            [sys.executable, "-m", "archlint", "--isolated", "--fail-on", "never", str(file)],
            stdout=stream,
            stderr=stream,
            env={**os.environ, "PYTHONPATH": str(ROOT), "OPENBLAS_NUM_THREADS": "1"},
        )
        _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    text = out.read_text()
    assert usage.ru_utime + usage.ru_stime < MOST_SECONDS
    assert usage.ru_maxrss << 10 < MOST_BYTES
    assert process.returncode in (0, 2), text
    assert "internal error" not in text
    assert "took longer" not in text
