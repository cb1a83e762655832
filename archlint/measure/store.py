"""The tables of a target on disk: rows are there for good as soon as they are appended."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from archlint.cost.pricing.table import HEADER, Row, format_rows, read_table
from archlint.errors import MeasureError

__all__ = ["Store"]


class Store:
    """`<out>/<folder>/costs/<target>.csv`, one table for each rule's folder."""

    def __init__(self, out: Path, target: str) -> None:
        self.out, self.target = out, target
        self.file = out / "targets" / f"{target}.toml"

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep other processes from writing; raises MeasureError where one does.

        So does what the disk refuses in the meantime.
        """
        path = self.file.parent / f"{self.target}.lock"
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with FileLock(path, timeout=0):
                yield
        except Timeout as fault:
            raise MeasureError(
                f"{self.file}: another process measures this target (it holds {path.name})"
            ) from fault
        except OSError as fault:
            where = fault.filename or self.out
            raise MeasureError(f"{where}: {fault.strerror or fault}") from fault

    def table(self, folder: str) -> Path:
        """The table of a rule's folder."""
        return self.out / folder / "costs" / f"{self.target}.csv"

    def rows(self, folder: str) -> tuple[Row, ...]:
        """The rows of a table; a last line that a power cut tore off is dropped for good."""
        path = self.table(folder)
        if not path.exists():
            return ()
        _mend(path)
        return read_table(path) if path.stat().st_size else ()

    def folders(self) -> tuple[str, ...]:
        """The folders that have a table."""
        found = self.out.glob(f"*/costs/{self.target}.csv")
        return tuple(sorted(path.parents[1].name for path in found))

    def append(self, rows: Iterable[tuple[str, Row]]) -> None:
        """Append rows, each to the table of its folder, and have the disk keep them."""
        by_folder: dict[str, list[Row]] = {}
        for folder, row in rows:
            by_folder.setdefault(folder, []).append(row)
        for folder, of_folder in by_folder.items():
            self._append(self.table(folder), of_folder)

    def _append(self, path: Path, rows: Sequence[Row]) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        is_new = not path.exists()
        with path.open("a", encoding="utf-8", newline="") as file:
            file.write((HEADER if file.tell() == 0 else "") + format_rows(rows))
            file.flush()
            os.fsync(file.fileno())
        if is_new:
            _sync_folder(path.parent)


def _mend(path: Path) -> None:
    content = path.read_bytes()
    whole = content.rfind(b"\n") + 1
    if whole < len(content):
        with path.open("r+b") as file:
            file.truncate(whole)
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
