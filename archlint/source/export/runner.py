"""Run the worker, and make one line of whatever goes wrong in it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import IO

import onnx

from archlint.doing import doing
from archlint.errors import AbsentError, ModelError
from archlint.source.export.elsewhere import Elsewhere
from archlint.source.export.exported import Exported
from archlint.source.export.failure import one_line
from archlint.source.export.libraries import Libraries
from archlint.source.export.protocol import DOING, PROTO, REQUEST, TRACE, Request, read_answer
from archlint.source.export.spec import ModelSpec
from archlint.source.export.trace import last_user_line

__all__ = ["export"]

_ROOT = Path(__file__).resolve().parents[3]
_START = """
import sys
if sys.path[:1] == [""]:
    del sys.path[0]  # a file of the user's may be called like a module that the worker imports
sys.path.append(sys.argv[2])
from archlint.source.export.worker import main
main(sys.argv[1])
"""
_GRACE = 0.5  # s; for the worker to write where it is
_EVERY = 0.5  # s; between two looks at what the worker is at
_ERRORS = "stderr"
_MARK = "ARCHLINT_EXPORT"
"""In the environment of the worker and of all that it starts: the folder of its answer."""


def export(
    spec: ModelSpec,
    *,
    timeout: float | None = None,
    library_packages: Sequence[str] = (),
    edits: Mapping[str, str] = MappingProxyType({}),
    elsewhere: Elsewhere | None = None,
    keep_norms: bool = False,
) -> Exported:
    """Build and export a model in a process of its own, at most `timeout` seconds.

    `library_packages` are packages besides torch whose frames are no user's; `edits` are texts
    of files, by real path, to import in place of what the disk has; `elsewhere` is where another
    version of the source is; `keep_norms` leaves batch-norms operators of their own.
    Raises ModelError; the process and all that it started are then gone.
    """
    with tempfile.TemporaryDirectory(prefix="archlint-") as name:
        folder = Path(name)
        start = str(Path.cwd()) if elsewhere is None else elsewhere.folder
        request = Request(spec, tuple(library_packages), edits, elsewhere, keep_norms)
        (folder / REQUEST).write_text(request.to_json(), encoding="utf-8")
        started = time.monotonic()
        code = _run(folder, timeout, start)
        seconds = time.monotonic() - started
        answer = read_answer(folder)
        if code is None:
            raise ModelError(spec.factory, f"took longer than {timeout:g} s{_where(folder, start)}")
        if answer is None:
            raise ModelError(spec.factory, _ended(code, folder, start))
        if answer.failure:
            kind = AbsentError if answer.is_absent else ModelError
            raise kind(spec.factory, answer.failure)
        proto = onnx.ModelProto.FromString((folder / PROTO).read_bytes())
        return Exported(
            proto,
            answer.record or {},
            answer.remarks,
            answer.libraries,
            seconds,
            answer.peak_bytes,
            edits,
        )


def _run(folder: Path, timeout: float | None, start: str) -> int | None:
    """The worker's exit code, None where the time was up; nothing of its group survives."""
    with (folder / _ERRORS).open("wb") as errors:
        process = _worker(folder, start, errors)
        try:
            return _wait(process, folder, timeout)
        except subprocess.TimeoutExpired:
            _ask_for_trace(process)
            return None
        finally:
            _kill_group(process)
            _kill_marked(folder)


def _wait(process: subprocess.Popen[bytes], folder: Path, timeout: float | None) -> int:
    """The exit code; says now and then what the worker is at.  Raises TimeoutExpired."""
    began = time.monotonic()
    while True:
        spent = time.monotonic() - began
        stage = folder / DOING
        what = stage.read_text(encoding="utf-8") if stage.is_file() else "starting"
        doing(f"{what}, {spent:.0f} s" if spent >= 1 else what)
        left = float("inf") if timeout is None else timeout - spent
        try:
            return process.wait(min(left, _EVERY))
        except subprocess.TimeoutExpired:
            if left <= _EVERY:
                raise


def _worker(folder: Path, start: str, errors: IO[bytes]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-c", _START, str(folder), str(_ROOT)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=errors,
        start_new_session=True,
        env={**os.environ, _MARK: str(folder)},
        cwd=start,
    )


def _ask_for_trace(process: subprocess.Popen[bytes]) -> None:
    """Have the worker write where it is; one that does not react is killed all the same."""
    if not hasattr(signal, "SIGUSR1"):
        return
    process.send_signal(signal.SIGUSR1)
    time.sleep(_GRACE)


def _kill_group(process: subprocess.Popen[bytes]) -> None:
    try:
        if hasattr(os, "killpg"):
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()
    except ProcessLookupError:
        return  # nobody is left
    finally:
        process.wait()


def _kill_marked(folder: Path) -> None:
    """Kill those that left the group: what the worker started has its environment, on Linux."""
    mark = f"{_MARK}={folder}".encode()
    for environment in Path("/proc").glob("[0-9]*/environ"):
        try:
            if mark in environment.read_bytes().split(b"\0"):
                os.kill(int(environment.parent.name), signal.SIGKILL)
        except OSError:
            continue  # another user's, or gone


def _ended(code: int, folder: Path, start: str) -> str:
    where = _where(folder, start)
    if code < 0:
        return f"the process died of {_signal_name(-code)}{where}"
    lines = (folder / _ERRORS).read_text(encoding="utf-8", errors="replace").splitlines()
    last = one_line(lines[-1]) if lines else ""
    return f"ended the process with code {code}{where}{': ' if last else ''}{last}"


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def _where(folder: Path, start: str) -> str:
    path = folder / TRACE
    if not path.is_file():
        return ""
    text = path.read_text(encoding="utf-8", errors="replace")
    found = last_user_line(text, Libraries.of(), start)
    return f" ({found})" if found else ""
