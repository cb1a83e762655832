"""`archlint measure` on ONNX Runtime, killed in the middle and run again."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

from archlint.measure.plan.sampling import drawn
from archlint.measure.store import Store
from archlint.measure.workloads import fragments

pytest.importorskip(
    "onnxruntime", reason="onnxruntime is not installed (pip install archlint[ort])"
)

pytestmark = pytest.mark.slow

PART = 4
COUNT = len(drawn([fragments.sample])) // PART
PATIENCE = 120.0
"""Seconds that the first rows may take on a slow machine."""


# one in four of the workload's kernels, each measured as ever
PROGRAM = f"""
from archlint.measure.workloads import fragments
whole = fragments.draw
fragments.draw = lambda seed, sort, count, kernels: whole(seed, sort, count // {PART}, kernels)
from archlint.cli import program
program()
"""


def command(out: Path) -> list[str]:
    words = ["measure", "--target", "here", "--rule", "G3", "--out", str(out)]
    return [sys.executable, "-c", PROGRAM, *words]


def rows(out: Path) -> list[str]:
    """What was measured, as the next run reads it: a line that a kill tore off is no row."""
    return [row.kernels for row in Store(out, "here").rows() if not row.carried]


def test_no_row_is_lost_or_doubled_where_a_real_run_is_killed(tmp_path: Path) -> None:
    table = tmp_path / "here" / "rows.csv"
    run = subprocess.Popen(command(tmp_path), stderr=subprocess.DEVNULL)
    end = time.monotonic() + PATIENCE
    while not table.exists() or table.read_text("utf-8").count("\n") < 2:
        assert run.poll() is None, "it ended before it could be killed"
        assert time.monotonic() < end, "no row came"
        time.sleep(0.02)
    run.kill()
    run.wait()
    before = rows(tmp_path)
    assert 0 < len(before) < COUNT

    again = subprocess.run(command(tmp_path), capture_output=True, text=True, check=True)
    after = rows(tmp_path)
    assert after[: len(before)] == before
    assert len(set(after)) == len(after) == COUNT
    assert f"measured   {len(after) - len(before)} rows, {len(before)} were there before" in (
        again.stdout
    )
