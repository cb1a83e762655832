"""The program with models that end it, for tests: `python program.py ARGUMENT...`.

A file whose name says so is deaf, crashes, exits, or takes a GB of memory when it is read.
"""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path
from unittest.mock import patch

import onnx

from archlint.cli import program
from archlint.graph.read import read_proto


def _read(path: str) -> onnx.ModelProto:
    name = Path(path).name
    if name.startswith("deaf"):
        signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
        Path(path).with_suffix(".pid").write_text(str(os.getpid()))
        time.sleep(300)
    if name.startswith("slow"):
        Path(path).with_suffix(".pid").write_text(str(os.getpid()))
        time.sleep(300)
    if name.startswith("crash"):
        os.kill(os.getpid(), signal.SIGSEGV)
    if name.startswith("exit"):
        os._exit(0)
    if name.startswith("large"):
        bytearray(1 << 30)
    return read_proto(path)


def _crash(*_: object, **__: object) -> None:
    os.kill(os.getpid(), signal.SIGSEGV)


if __name__ == "__main__":
    patch("archlint.linter.source.read_proto", _read).start()
    if os.environ.get("CRASH_LATE"):
        patch("archlint.cli.reporting.write_report", _crash).start()
    program()
