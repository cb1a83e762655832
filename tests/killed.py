"""Writers that are killed at random moments: `python -m tests.killed WRITER COUNT FOLDER`.

A process of its own, for it forks: what writes is a child, and this one looks at what it left.
"""

from __future__ import annotations

import mmap
import os
import signal
import struct
import sys
import time
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Protocol

import tomli

from archlint.cli.output import write_file
from archlint.cost.pricing.row import Row
from archlint.cost.target import load_target
from archlint.cost.target_files import SHIPPED, files_of
from archlint.linter.checked_tables import check_once
from archlint.linter.kept import FOLDER, Kept
from archlint.linter.outcome import Outcome
from archlint.measure.store import Store
from archlint.measure.target_file import put_sections
from archlint.results.findings import ModelReport

__all__ = ["WRITERS"]

SEED, LONGEST = 2026, 0.02
"""Seconds that a writer is given at most."""

Said = Callable[[int], None]
"""Notes, where a kill does not reach it, that this much is written."""


def _text(number: int) -> str:
    """A text that is another one for each number, and tells where it was cut."""
    return f"{number}\n" * 60_000 + "end\n"


class _Report:
    """A report, a baseline: whatever `--output` and `--write-baseline` write."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "report.txt"

    def write(self, number: int, said: Said) -> None:
        write_file(str(self._file), _text(number))
        said(number)

    def left(self) -> int:
        if not self._file.exists():
            return -1
        text = self._file.read_text(encoding="utf-8")
        number = int(text.split("\n", 1)[0])
        assert text == _text(number), f"half a report: {len(text)} characters"
        return number


class _Table:
    """The rows of a target that is being measured."""

    def __init__(self, folder: Path) -> None:
        self._store = Store(folder, "mine")

    def write(self, number: int, said: Said) -> None:
        rows = [
            Row("G1", f"Add {number + 1} @{at}x8", "s", "float", 1, "", 5, 1e-6, 1e-6, 1e-6, 0.01,
                "d", "h" * 200, 1e-6)
            for at in range(1, 80)
        ]  # fmt: skip
        self._store.append(rows)
        said(number)

    def left(self) -> int:
        if not self._store.table.exists():
            return -1
        # nothing is torn off, so nothing is to be dropped
        assert self._store.table.read_bytes().endswith(b"\n"), "half a row"
        whole = len(self._store.rows())
        assert whole % 79 == 0, f"half a batch: {whole} rows"
        return whole // 79 - 1


class _TargetFile:
    """The file of a target whose fit is written."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "mine" / "target.toml"

    def write(self, number: int, said: Said) -> None:
        put_sections(self._file, {"number": number, "notes": [f"{number}"] * 1_000})
        said(number)

    def left(self) -> int:
        if not self._file.exists():
            return -1
        data = tomli.loads(self._file.read_text(encoding="utf-8"))
        number: int = data["number"]
        assert data["notes"] == [f"{number}"] * 1_000, "half a target's file"
        return number


class _Cache:
    """What is noted of a table that has passed."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._files = files_of(SHIPPED / "gtx1080ti-cudnn7-fp32")
        self._target = load_target(self._files)

    def write(self, number: int, said: Said) -> None:
        os.environ["XDG_CACHE_HOME"] = str(self._folder / str(number))
        check_once(self._target, self._files)
        said(number)

    def left(self) -> int:
        notes = [*self._folder.glob("*/archlint/tables/*")]
        for note in notes:
            whole = note.name.startswith(".") or note.read_text(encoding="ascii") == note.name
            assert whole, "half a note"
        return max((int(note.parts[-4]) for note in notes if note.name[0] != "."), default=-1)


class _Outcomes:
    """What came of a model, in `.archlint_cache`, and the secret that makes it count."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._whole: set[str] = set()  # each is written once, and so looked at once

    def _kept(self, number: int) -> Kept:
        os.environ["XDG_CACHE_HOME"] = str(self._folder / str(number // 4))
        return Kept(self._folder / FOLDER, lambda _: f"{number:064x}")

    def write(self, number: int, said: Said) -> None:
        kept, path = self._kept(number), _text(number)
        assert kept.find(path) is None
        kept.keep(path, Outcome(ModelReport(path)))
        said(number)

    def left(self) -> int:
        names = [each.name for each in (self._folder / FOLDER).glob("?" * 64)]
        for name in set(names) - self._whole:
            number = int(name, 16)
            found = self._kept(number).find(_text(number))
            assert found == Outcome(ModelReport(_text(number))), "half an outcome"
        self._whole.update(names)
        return max((int(name, 16) for name in names), default=-1)


class _Writer(Protocol):
    """Writes one version after the other, and tells which one is there, -1 for none."""

    def write(self, number: int, said: Said) -> None: ...

    def left(self) -> int: ...


WRITERS: dict[str, Callable[[Path], _Writer]] = {
    "report": _Report,
    "table": _Table,
    "target file": _TargetFile,
    "cache": _Cache,
    "outcomes": _Outcomes,
}


def main(kind: str, count: int, folder: Path) -> None:
    writer, random, written = WRITERS[kind](folder), Random(SEED), mmap.mmap(-1, 8)

    def said(number: int) -> None:
        written[:] = struct.pack("q", number)

    said(-1)
    for _ in range(count):
        start = writer.left() + 1
        child = os.fork()
        if not child:
            for number in range(start, start + 10_000):
                writer.write(number, said)
            os._exit(0)
        time.sleep(random.uniform(0, LONGEST))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        (promised,) = struct.unpack("q", written[:])
        left = writer.left()
        assert left >= promised, f"{promised} was written, and {left} is there"
    print(left)  # noqa: T201 - what whoever started it looks at


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), Path(sys.argv[3]))
