from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from archlint.limits.workers import in_workers
from archlint.report.formats import FORMATS
from tests.limits.test_watchdog import (
    PROGRAM,
    ROOT,
    SMALL,
    ends,
    environment,
    folder,
    run,
    start,
)

__all__ = ["folder"]

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="Windows has no fork")


def test_the_reports_are_the_same_however_many_work_at_once(tmp_path: Path) -> None:
    said = {}
    for jobs in ("1", "2", "4"):
        files = {name: tmp_path / f"{name}.{jobs}" for name in FORMATS}
        formats = [f"--format={name}={file}" for name, file in files.items()]
        code, out, err = run(ROOT, "-j", jobs, *formats, "examples")
        said[jobs] = code, out, err, {name: file.read_bytes() for name, file in files.items()}
    assert said["1"] == said["2"] == said["4"]
    assert said["1"][0] == 1


@pytest.mark.parametrize(
    ("name", "args", "error"),
    [
        ("deaf", ("--timeout", "1"), "took longer than 1 s"),
        ("slow", ("--timeout", "1"), "took longer than 1 s"),
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
def test_a_worker_that_is_lost_costs_one_model(
    folder: Path, name: str, args: tuple[str, ...], error: str
) -> None:
    bad = (f"{name}1.onnx", f"{name}2.onnx", f"{name}3.onnx")
    for each in bad:
        (folder / each).touch()
    files = (bad[0], "good.onnx", bad[1], "other.onnx", bad[2])
    code, out, err = run(folder, *args, "-j", "2", "--format", "json", *files)
    assert (code, err) == (2, [f"archlint: {each}: {error}" for each in bad])
    _, expected, _ = run(folder, "--format", "json", "good.onnx")
    assert out.count('"predicted_ms"') == 2 * expected.count('"predicted_ms"')
    assert [out.index(f'"{each}"') for each in files] == sorted(
        out.index(f'"{each}"') for each in files
    )


def test_a_worker_that_is_killed_costs_one_model(folder: Path) -> None:
    process, worker = start(folder, "slow", "-j", "2", "good.onnx", "other.onnx")
    os.kill(worker, signal.SIGKILL)
    _, err = process.communicate(timeout=60)
    why = "the process died of SIGKILL (out of memory?)"
    assert (process.returncode, err.decode()) == (2, f"archlint: slow.onnx: {why}\n")


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, -signal.SIGTERM)]
)
def test_no_worker_outlives_a_program_that_is_told_to_end(
    folder: Path, number: signal.Signals, code: int
) -> None:
    process, deaf = start(folder, "deaf", "-j", "2", "good.onnx", "other.onnx")
    process.send_signal(number)
    _, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (code, b"")
    assert ends(deaf)


@pytest.mark.skipif(sys.platform != "linux", reason="other systems don't tell a child")
def test_no_worker_outlives_a_program_that_is_killed(folder: Path) -> None:
    process, slow = start(folder, "slow", "-j", "2", "good.onnx", "other.onnx")
    process.kill()
    process.communicate()
    assert ends(slow)


def test_results_come_whole_and_once_from_workers_that_die() -> None:
    def work(number: int) -> bytes:
        if number % 7 == 3:
            os.kill(os.getpid(), signal.SIGKILL)
        return str(number).encode() * 100_000

    begun: list[int] = []
    found = list(in_workers(work, dict.fromkeys(range(20), 60.0), 3, begun.append))
    lost = "the process died of SIGKILL (out of memory?)"
    assert sorted(begun) == list(range(20))
    assert sorted(found, key=lambda each: each[0]) == [
        (number, lost if number % 7 == 3 else str(number).encode() * 100_000)
        for number in range(20)
    ]


def test_a_model_that_cannot_be_handed_over_is_linted_here(tmp_path: Path) -> None:
    for number in range(3):
        shutil.copy(SMALL, tmp_path / f"{number}.onnx")
    program = (
        "import pickle\n"
        "from unittest.mock import patch\n"
        "from archlint.cli import program\n"
        "patch('pickle.dumps', side_effect=pickle.PicklingError).start()\n"
        "program()\n"
    )
    done = [
        subprocess.run(
            [*command, "--isolated", "-j", "2", "."],
            cwd=tmp_path, env=environment(), capture_output=True, timeout=120, check=False,
        )
        for command in ((*PROGRAM[:2],), (sys.executable, "-c", program))
    ]  # fmt: skip
    assert done[0].stdout == done[1].stdout
    assert done[0].returncode == done[1].returncode
    assert b"2.onnx" in done[0].stdout
