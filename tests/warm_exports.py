"""Exports from a process that has PyTorch loaded: each is a fork of it, which saves its imports.

What a fork does is what the worker of an export does; only its start is another one.
"""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

__all__ = ["Start", "WarmExports"]

ROOT = Path(__file__).parents[1]
_SERVE = """
import sys
if sys.path[:1] == [""]:
    del sys.path[0]
sys.path.append(sys.argv[1])
from tests.warm_exports import serve
serve()
"""
Start = Callable[[Path, str, IO[bytes]], Any]


class WarmExports:
    """Starts workers in place of `cold`, which it leaves those to that import other packages."""

    def __init__(self, cold: Start) -> None:
        self._cold = cold
        self._server: subprocess.Popen[bytes] | None = None
        self._path = os.environ.get("PYTHONPATH")

    def __call__(self, folder: Path, start: str, errors: IO[bytes]) -> Any:
        """A running worker with what the runner asks of a Popen."""
        if os.environ.get("PYTHONPATH") != self._path:
            return self._cold(folder, start, errors)
        if self._server is None:
            self._server = subprocess.Popen(
                [sys.executable, "-c", _SERVE, str(ROOT)],
                bufsize=0,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                start_new_session=True,
                env={**os.environ, "OMP_NUM_THREADS": "1"},  # threads do not survive a fork
            )
        return _Fork(self._server, [str(folder), start, errors.name, dict(os.environ)])

    def close(self) -> None:
        """End the process."""
        if self._server is not None:
            self._server.kill()  # it has nothing to tidy, and torch takes seconds to
            self._server.communicate()


class _Fork:
    def __init__(self, server: subprocess.Popen[bytes], request: list[object]) -> None:
        assert server.stdin is not None
        assert server.stdout is not None
        self._answers = server.stdout
        server.stdin.write(json.dumps(request).encode() + b"\n")
        self.pid = int(self._answers.readline())
        self._code: int | None = None

    def wait(self, timeout: float | None = None) -> int:
        """The exit code, of which there is one answer."""
        if self._code is None:
            if not select.select([self._answers], [], [], timeout)[0]:
                raise subprocess.TimeoutExpired("a warm export", timeout or 0.0)
            self._code = int(self._answers.readline())
        return self._code

    def send_signal(self, number: int) -> None:
        os.kill(self.pid, number)


def serve() -> None:
    """Fork for each request of standard input: answer the child's id, and then its exit code."""
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    _load()
    for line in sys.stdin:
        child = os.fork()
        if not child:
            answers.close()
            _work(*json.loads(line))
        print(child, file=answers)
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), file=answers)


def _load() -> None:
    """Import what an export imports, some of it only while it runs."""
    from archlint.source.export.libraries import Libraries
    from archlint.source.export.pipeline import export_request
    from archlint.source.export.protocol import Request
    from archlint.source.export.spec import ModelSpec

    export_request(Request(ModelSpec.parse("torch.nn:ReLU", ["1x4"]), ()), Libraries.of())


def _work(folder: str, start: str, errors: str, environment: dict[str, str]) -> None:
    from archlint.source.export.worker import main

    os.setsid()
    os.chdir(start)
    os.environ.clear()
    os.environ.update(environment)
    for descriptor, file, flags in (
        (0, os.devnull, os.O_RDONLY),
        (1, os.devnull, os.O_WRONLY),
        (2, errors, os.O_WRONLY),
    ):
        opened = os.open(file, flags)
        os.dup2(opened, descriptor)
        os.close(opened)
    main(folder)
