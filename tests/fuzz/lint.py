"""Damaged models through the whole of archlint: what must hold, whatever the bytes are."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from io import BytesIO, TextIOWrapper
from pathlib import Path
from random import Random
from xml.etree import ElementTree
from zlib import crc32

from archlint.graph.read import STDIN
from archlint.linter import lint
from archlint.report.formats import FORMATS, renderer
from archlint.report.style import Style
from archlint.results.findings import Report
from archlint.settings.options import Options
from tests.fuzz.apart import Done

__all__ = ["TARGETS", "Watch", "complaints", "options_of"]

TARGETS = ("gtx1080ti-cudnn7-fp32", "epyc-milan-ort-fp32-1t", "epyc-milan-torch-fp32-1t")
"""One of each sort: of the paper's tables, of blocked layouts, and without a compiler."""

SLOWEST = 20.0
"""Seconds for one model of a few operators."""

MOST_MEMORY = 1024
"""MiB, likewise."""

_FAULTS = ("internal error", "crashed", "took longer", "takes more memory", "process")
"""What is said of a model that archlint itself fails on."""

_ODD_PATHS: tuple[Callable[[Path], str], ...] = (
    lambda file: str(file.parent),
    lambda file: f"{file}.not",
    lambda file: f"{file}\0",
    lambda _: os.devnull,
)


class Watch:
    """Notes every file that is opened while it is on."""

    def __init__(self) -> None:
        self.opened: set[str] = set()
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


def options_of(random: Random) -> Options:
    """What a run may be asked for, within limits that no small model comes near."""
    return Options(
        targets=(random.choice(TARGETS),),
        batch=random.choice((None, None, None, 1, 8, 3, 10**30)),
        allow_unknown=random.random() < 0.3,
        min_slowdown=random.choice((1.0, 1.1)),
        timeout=SLOWEST,
        max_memory=MOST_MEMORY,
    )


@contextmanager
def _standard_input(data: bytes) -> Iterator[None]:
    """The bytes are what a pipe brings."""
    before = sys.stdin
    sys.stdin = TextIOWrapper(BytesIO(data))
    try:
        yield
    finally:
        sys.stdin = before


def complaints(
    models: Sequence[bytes], folder: Path, options: Options, watch: Watch, done: Done
) -> dict[int, str]:
    """What is wrong with how archlint takes these bytes in one run, by the number of the model.

    How each ended is counted in `done`.  Most come as a file, one on standard input, and a few by
    a path where no model can be.
    """
    paths, piped = [], b""
    for number, data in enumerate(models):
        file, way = folder / f"m{number}.onnx", crc32(data) % 128
        file.write_bytes(data)
        if way < 8 and not piped:
            piped = data
            paths.append(STDIN)
        else:
            paths.append(_ODD_PATHS[way - 8](file) if 8 <= way < 12 else str(file))
    begun: list[float] = []
    with watch.on(), _standard_input(piped):
        report = lint(paths, options, lambda *_: begun.append(time.process_time()))
    begun.append(time.process_time())
    found = {}
    for number, model in enumerate(report.models):
        seconds = begun[number + 1] - begun[number]
        done.ended("linted" if model.error is None else "refused", seconds)
        own = [each for each in report.problems if each.startswith(f"{model.path}: ")]
        said = [*own, *([] if model.error is None else [model.error])]
        if seconds > SLOWEST:
            found[number] = f"took {seconds:.0f} s"
        for each in said:
            if any(fault in each for fault in _FAULTS) or "\n" in each:
                found[number] = each
    if opened := [each for each in watch.opened if "passwd" in each or each.endswith("link")]:
        found[-1] = f"one of them had {opened} opened"
    return found | _unprintable(report, crc32(models[0]))


def _unprintable(report: Report, way: int) -> dict[int, str]:
    """The models of which a format can say nothing, or nothing sound, and what is wrong."""
    style = Style(notes=bool(way & 1), verbose=bool(way & 2))
    if not _fault_of(report, style):
        return {}
    alone = {
        number: _fault_of(replace(report, models=(model,)), style)
        for number, model in enumerate(report.models)
    }
    return {n: each for n, each in alone.items() if each} or {-1: _fault_of(report, style)}


def _fault_of(report: Report, style: Style) -> str:
    for name in FORMATS:
        try:
            text = renderer(name).render(report, style)
            if name in ("json", "sarif", "gitlab", "rdjson", "model-explorer"):
                json.loads(text, parse_constant=float.fromhex)  # which takes no NaN
            elif name == "junit":
                ElementTree.fromstring(text)
        except Exception as fault:  # told as any other complaint, so that a run goes on
            return f"{name}: {type(fault).__name__}: {fault}"
        plain = text.replace("\n", "")
        if not plain.isprintable():
            odd = next(each for each in plain if not each.isprintable())
            return f"{name} prints {odd!r}"
    return ""
