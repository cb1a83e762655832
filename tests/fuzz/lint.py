"""One damaged model through the whole of archlint: what must hold, whatever the bytes are."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import BytesIO, TextIOWrapper
from pathlib import Path
from zlib import crc32

from archlint.graph.read import STDIN
from archlint.linter import lint
from archlint.report.formats import FORMATS, renderer
from archlint.report.style import Style
from archlint.settings.options import Options

__all__ = ["TARGETS", "Watch", "complaint"]

TARGETS = ("gtx1080ti-cudnn7-fp32", "amd-epyc-ort-fp32-1t", "amd-epyc-torch-fp32-1t")
"""One of each sort: of the paper's tables, of blocked layouts, and without a compiler."""

SLOWEST = 20.0
"""Seconds for one model of a few operators, on a busy machine too."""


_ODD_PATHS: tuple[Callable[[Path], str], ...] = (
    lambda file: str(file.parent),
    lambda file: f"{file}.not",
    lambda file: f"{file}\0",
    lambda _: os.devnull,
)


class Watch:
    """Notes every file that is opened while it is on, and counts the models linted."""

    def __init__(self) -> None:
        self.opened: set[str] = set()
        self.linted = 0
        self._on = False
        sys.addaudithook(self._hear)

    def _hear(self, event: str, arguments: tuple[object, ...]) -> None:
        if self._on and event == "open":
            self.opened.add(str(arguments[0]))

    @contextmanager
    def on(self) -> Iterator[None]:
        """Listen meanwhile."""
        self.opened.clear()
        self._on = True
        try:
            yield
        finally:
            self._on = False


@contextmanager
def _standard_input(data: bytes) -> Iterator[None]:
    """The bytes are what a pipe brings."""
    before = sys.stdin
    sys.stdin = TextIOWrapper(BytesIO(data))
    try:
        yield
    finally:
        sys.stdin = before


def complaint(data: bytes, file: Path, options: Options, watch: Watch) -> str:
    """What is wrong with how archlint takes these bytes, "" for nothing.

    Most come as a file, some on standard input, and a few by a path where no model can be.
    """
    file.write_bytes(data)
    way = crc32(data) % 128
    path = STDIN if way < 8 else _ODD_PATHS[way - 8](file) if way < 12 else str(file)
    started = time.monotonic()
    with watch.on(), _standard_input(data):
        report = lint([path], options)
        try:
            texts = [renderer(each).render(report, Style()) for each in FORMATS]
        except Exception as fault:  # told as any other complaint, so that a run goes on
            return f"rendering: {type(fault).__name__}: {fault}"
    watch.linted += not report.errors
    seconds = time.monotonic() - started
    if seconds > SLOWEST:
        return f"took {seconds:.0f} s"
    passwd = [each for each in watch.opened if "passwd" in each or each.endswith("link")]
    if passwd:
        return f"opened {passwd}"
    for error in report.errors:
        if "internal error" in error or "crashed" in error:
            return error
        if "\n" in error:
            return f"more than one line: {error!r}"
    for text in texts:
        odd = [each for each in text if not each.isprintable() and each != "\n"]
        if odd:
            return f"prints {odd[0]!r}"
    return ""
