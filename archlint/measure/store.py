"""The rows of a target on disk: they are there for good as soon as they are appended."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from filelock import FileLock, Timeout

from archlint.cost.pricing.table import HEADER, Row, TableFile, format_rows, read_table
from archlint.cost.target_files import FILE, ROWS, old_tables
from archlint.errors import MeasureError

__all__ = ["Store"]


class Store:
    """`<out>/<target>/`: the target's file and its rows.

    `old` is the folder where they lay in the old layout, by default `out`.
    """

    def __init__(self, out: Path, target: str, old: Path | None = None) -> None:
        self.out: Path = out
        self.file: Path = out / target / FILE
        self.table: Path = out / target / ROWS
        self._target, self._old = target, old or out

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep other processes from writing; raises MeasureError where one does.

        So does what the disk refuses in the meantime.  What lies in the old layout is moved.
        """
        path = self.table.with_suffix(".lock")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with FileLock(path, timeout=0):
                self._move()
                yield
        except Timeout as fault:
            raise MeasureError(
                f"{self.file}: another process measures this target (it holds {path.name})"
            ) from fault
        except OSError as fault:
            where = fault.filename or self.out
            raise MeasureError(f"{where}: {fault.strerror or fault}") from fault

    def rows(self) -> tuple[Row, ...]:
        """All rows; a last line that a power cut tore off is dropped for good."""
        return read_table(TableFile(self.table)) if _mended(self.table) else ()

    def append(self, rows: Iterable[Row]) -> None:
        """Append rows, and have the disk keep them."""
        is_new = not self.table.exists()
        self.table.parent.mkdir(parents=True, exist_ok=True)
        with self.table.open("a", encoding="utf-8", newline="") as file:
            file.write((HEADER if file.tell() == 0 else "") + format_rows(rows))
            _sync(file)
        if is_new:
            _sync_folder(self.table.parent)

    def _move(self) -> None:
        """Move rows and file out of the old layout; a move that was cut off goes on.

        The rows are there twice before they are there once, and none is added twice.
        """
        tables = old_tables(self._old, self._target)
        if not tables:
            return
        table = TableFile(self.table)
        lines = table.lines() if _mended(self.table) else []
        for each in tables:
            lines += each.lines() if _mended(each.path) else []
        part = self.table.with_suffix(".part")
        with part.open("w", encoding="utf-8", newline="") as file:
            file.write(HEADER + "".join(f"{line}\n" for line in dict.fromkeys(lines)))
            _sync(file)
        os.replace(part, self.table)
        old_file = self._old / "targets" / f"{self._target}.toml"
        if old_file.exists():
            os.replace(old_file, self.file)
        _sync_folder(self.table.parent)
        for each in tables:
            each.path.unlink()


def _mended(path: Path) -> bool:
    """Drop a torn last line; whether anything is left."""
    if not path.exists():
        return False
    content = path.read_bytes()
    whole = content.rfind(b"\n") + 1
    if whole < len(content):
        with path.open("r+b") as file:
            file.truncate(whole)
            _sync(file)
    return whole > 0


def _sync(file: IO[Any]) -> None:
    file.flush()
    os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    """Have the disk keep a new file's name too, where folders can be opened."""
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
