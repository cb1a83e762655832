"""Streams that are closed or full, no folder to work in, no home to write to: a line each."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.graph.making import PATHS

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="needs /dev/full")

ROOT = Path(__file__).parents[2]
ARCHLINT = f"{sys.executable} -m archlint --isolated"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    shutil.copy(PATHS[0], tmp_path / "m.onnx")
    return tmp_path


def shell(folder: Path, script: str, **more: str) -> tuple[int, str, str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OPENBLAS_NUM_THREADS": "1", **more}
    done = subprocess.run(
        ["sh", "-c", script],
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=60,
        check=False,
    )
    return done.returncode, done.stdout.decode(), done.stderr.decode()


@pytest.mark.parametrize(
    ("script", "error"),
    [
        ("{} m.onnx >&-", "stdout: Bad file descriptor"),
        ("{} m.onnx >/dev/full", "stdout: No space left on device"),
        ("{} --version >/dev/full", "No space left on device"),
        *(
            (f"{{}} {words} >/dev/full", "stdout: No space left on device")
            for words in (
                "targets",
                "rule G1",
                "schema check",
                "completion bash",
                "m.onnx --format sarif",
                "diff m.onnx m.onnx",
                "explain m.onnx",
            )
        ),
        ("{} m.onnx --format json=/dev/full", "--output /dev/full: No space left on device"),
        ("ulimit -f 0; {} m.onnx --format json=a.json", "--output a.json: File too large"),
        ("{} - <&-", "-: cannot be read: Bad file descriptor"),
        (
            "mkdir d; cd d; rmdir ../d; {} ../m.onnx",
            "the working folder: No such file or directory",
        ),
    ],
)
def test_what_cannot_be_written_or_read_is_one_line(folder: Path, script: str, error: str) -> None:
    code, _, err = shell(folder, script.format(ARCHLINT.replace(" --isolated", "")))
    assert (code, err.splitlines()) == (2, [f"archlint: {error}"])


@pytest.mark.parametrize("stream", ["2>&-", "2>/dev/full", ">&- 2>&-", ">/dev/full 2>/dev/full"])
def test_an_error_that_nobody_can_be_told_is_one_all_the_same(folder: Path, stream: str) -> None:
    code, out, err = shell(folder, f"{ARCHLINT} m.onnx missing.onnx {stream}")
    assert (code, err) == (2, "")
    assert "missing.onnx: " not in out


def test_a_report_is_whole_without_stderr(folder: Path) -> None:
    expected = shell(folder, f"{ARCHLINT} m.onnx")
    assert shell(folder, f"{ARCHLINT} m.onnx 2>&-") == expected


@pytest.mark.parametrize("closed", ["<&-", "<&- 2>&-"])
def test_without_stdin_files_are_linted(folder: Path, closed: str) -> None:
    assert shell(folder, f"{ARCHLINT} m.onnx {closed}") == shell(folder, f"{ARCHLINT} m.onnx")


@pytest.mark.parametrize(
    "more",
    [
        {"COLUMNS": "20"},
        {"LANG": "C", "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONIOENCODING": "ascii"},
        {"HOME": "/proc", "XDG_CACHE_HOME": "/proc", "XDG_DATA_HOME": "/proc"},
    ],
)
def test_a_narrow_terminal_another_locale_and_no_home_are_none_of_its_business(
    folder: Path, more: dict[str, str]
) -> None:
    code, out, err = shell(folder, f"{ARCHLINT} m.onnx", **more)
    assert code in (0, 1)
    assert "predicted" in out
    assert err == ""
