"""The scripts of docs/scale.md run, on a cluster where they name one."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import archlint

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs/scale.md").read_text(encoding="utf-8")
SCRIPTS = dict(re.findall(r"<!-- run: (\w+) -->\n```python\n(.*?)```", PAGE, re.DOTALL))
NAMES = ("act_elu", "fold_clip", "fold_pow")


def test_every_script_of_the_page_is_run() -> None:
    assert PAGE.count("```python") == len(SCRIPTS) == 3


@pytest.mark.slow
@pytest.mark.parametrize("kind", sorted(SCRIPTS))
def test_a_script_says_what_lint_says_of_each_model(kind: str, tmp_path: Path) -> None:
    if kind != "models":
        pytest.importorskip(kind, reason=f"{kind} is not installed")
    (tmp_path / "models").mkdir()
    for name in NAMES:
        shutil.copy(ROOT / f"tests/cases/{name}.onnx", tmp_path / "models")
    script = tmp_path / "script.py"
    script.write_text(SCRIPTS[kind], encoding="utf-8")
    env = os.environ | {"PYTHONPATH": str(ROOT), "RAY_USAGE_STATS_ENABLED": "0"}
    run = subprocess.run(
        [sys.executable, script], cwd=tmp_path, env=env, capture_output=True, text=True, timeout=300
    )
    assert run.returncode == 0, run.stderr
    paths = [Path("models", f"{each}.onnx") for each in NAMES]
    expected = [
        f"{each} {len(archlint.lint(tmp_path / each).models[0].findings)}" for each in paths
    ]
    assert sorted(run.stdout.splitlines()) == expected


@pytest.mark.slow
@pytest.mark.parametrize("cluster", ["processes", "distributed", "ray"])
def test_a_killed_worker_costs_no_model(cluster: str) -> None:
    if cluster != "processes":
        pytest.importorskip(cluster, reason=f"{cluster} is not installed")
    name = "dask" if cluster == "distributed" else cluster
    command = [sys.executable, "benchmarks/scale.py", name, "--models", "90"]
    env = os.environ | {"PYTHONPATH": str(ROOT), "RAY_USAGE_STATS_ENABLED": "0"}
    run = subprocess.run(
        command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=300, check=False
    )
    assert run.returncode == 0, run.stdout + run.stderr
    assert "90 models, 90 results, of 90 models, 0 wrong" in run.stdout
