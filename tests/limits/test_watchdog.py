from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.graph.making import PATHS

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="Windows has no fork")

PROGRAM = (sys.executable, str(Path(__file__).parent / "program.py"), "--isolated")
ROOT = Path(__file__).parents[2]
SMALL = PATHS[0]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    shutil.copy(SMALL, tmp_path / "good.onnx")
    shutil.copy(SMALL, tmp_path / "other.onnx")
    return tmp_path


def environment(**more: str) -> Mapping[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT), "OPENBLAS_NUM_THREADS": "1", **more}


def run(folder: Path, *args: str, data: bytes = b"", **more: str) -> tuple[int, str, list[str]]:
    done = subprocess.run(
        [*PROGRAM, *args],
        cwd=folder,
        env=environment(**more),
        input=data,
        capture_output=True,
        timeout=120,
        check=False,
    )
    return done.returncode, done.stdout.decode(), done.stderr.decode().splitlines()


def start(folder: Path, name: str, *args: str) -> tuple[subprocess.Popen[bytes], int]:
    """The program at a model that goes on and on, and the process that lints it."""
    (folder / f"{name}.onnx").touch()
    process = subprocess.Popen(
        [*PROGRAM, f"{name}.onnx", *args],
        cwd=folder,
        env=environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE if args else None,
    )
    file = folder / f"{name}.pid"
    while not (file.is_file() and file.read_text()):
        assert process.poll() is None
        time.sleep(0.05)
    return process, int(file.read_text())


def ends(pid: int) -> bool:
    """Whether a process is gone before long."""
    for _ in range(200):
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        status = Path(f"/proc/{pid}/stat")
        if status.is_file() and status.read_text().rpartition(")")[2].split()[0] == "Z":
            return True
        time.sleep(0.05)
    return False


@pytest.mark.parametrize(
    ("name", "args", "error"),
    [
        ("deaf", ("--timeout", "1"), "took longer than 1 s"),
        ("crash", (), "the process died of SIGSEGV"),
        ("exit", (), "ended the process with code 0"),
        pytest.param(
            "large",
            ("--max-memory", "256"),
            "takes more memory than 256 MiB (--max-memory)",
            marks=pytest.mark.skipif(
                sys.platform != "linux", reason="limits of memory are Linux's"
            ),
        ),
    ],
)
def test_a_model_that_ends_the_process_costs_the_others_nothing(
    folder: Path, name: str, args: tuple[str, ...], error: str
) -> None:
    (folder / f"{name}.onnx").touch()
    files = ("good.onnx", f"{name}.onnx", "other.onnx")
    code, out, err = run(folder, *args, "--format", "json", *files)
    assert (code, err) == (2, [f"archlint: {name}.onnx: {error}"])
    alone, expected, _ = run(folder, "--format", "json", "good.onnx")
    assert alone in (0, 1)
    assert out.count('"predicted_ms"') == 2 * expected.count('"predicted_ms"')


def test_several_of_them_have_a_line_each(folder: Path) -> None:
    for name in ("crash1", "exit", "crash2"):
        (folder / f"{name}.onnx").touch()
    code, _, err = run(folder, "-q", "crash1.onnx", "good.onnx", "exit.onnx", "crash2.onnx")
    assert code == 2
    assert err == [
        "archlint: crash1.onnx: the process died of SIGSEGV",
        "archlint: exit.onnx: ended the process with code 0",
        "archlint: crash2.onnx: the process died of SIGSEGV",
    ]


def test_a_model_on_stdin_outlives_the_crash_of_another(folder: Path) -> None:
    (folder / "crash.onnx").touch()
    code, out, err = run(folder, "-", "crash.onnx", data=SMALL.read_bytes())
    assert (code, err) == (2, ["archlint: crash.onnx: the process died of SIGSEGV"])
    assert "predicted" in out


def test_a_crash_that_is_no_models_is_an_internal_error(folder: Path) -> None:
    code, out, err = run(folder, "good.onnx", CRASH_LATE="1")
    assert (code, out) == (2, "")
    assert err == ["archlint: internal error: the process died of SIGSEGV"]


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, -signal.SIGTERM)]
)
def test_a_deaf_process_ends_when_the_program_is_told_to(
    folder: Path, number: signal.Signals, code: int
) -> None:
    process, deaf = start(folder, "deaf")
    process.send_signal(number)
    process.send_signal(number)
    assert process.wait(30) == code
    assert ends(deaf)


@pytest.mark.skipif(sys.platform != "linux", reason="other systems don't tell a child")
def test_no_process_outlives_the_program(folder: Path) -> None:
    process, slow = start(folder, "slow")
    process.kill()
    process.wait()
    assert ends(slow)
