"""The rows of a target on disk: they are there for good as soon as they are appended."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from archlint.cost.pricing.row import CARRIED
from archlint.cost.pricing.table import HEADER, Row, TableFile, format_rows, read_table
from archlint.cost.target_files import FILE, ROWS, old_tables
from archlint.errors import MeasureError
from archlint.whole_file import write_whole

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

    def append(self, rows: Sequence[Row]) -> None:
        """Append rows, all or none of them, and have the disk keep them.

        Rows of the same kernels that were carried over from another target give way to them.
        """
        self.table.parent.mkdir(parents=True, exist_ok=True)
        before = self.table.read_bytes() if self.table.exists() else b""
        if CARRIED.encode() in before:
            new = {row.kernels for row in rows if not row.marked}
            kept = (row for row in self.rows() if not (row.carried and row.kernels in new))
            before = (HEADER + format_rows(kept)).encode()
        data = (before or HEADER.encode()) + format_rows(rows).encode()
        write_whole(self.table, data, lasting=True)

    def replace(self, rows: Iterable[Row]) -> None:
        """Put these rows in the place of all that there are."""
        write_whole(self.table, (HEADER + format_rows(rows)).encode(), lasting=True)

    def count(self) -> dict[str, int]:
        """How many rows each rule has."""
        count = Counter(row.rule for row in self.rows())
        return {rule: count[rule] for rule in sorted(count)}

    def _move(self) -> None:
        """Move rows and file out of the old layout; a move that was cut off goes on.

        The rows are there twice before they are there once, and none is added twice.
        """
        tables = old_tables(self._old, self._target)
        if not tables:
            return
        table = TableFile(self.table)
        lines = table.read().lines() if _mended(self.table) else []
        for each in tables:
            lines += each.read().lines() if _mended(each.path) else []
        text = HEADER + "".join(f"{line}\n" for line in dict.fromkeys(lines))
        write_whole(self.table, text.encode(), lasting=True)
        old_file = self._old / "targets" / f"{self._target}.toml"
        if old_file.exists():
            os.replace(old_file, self.file)
        for each in tables:
            each.path.unlink()


def _mended(path: Path) -> bool:
    """Drop a torn last line; whether anything is left."""
    if not path.exists():
        return False
    content = path.read_bytes()
    whole = content.rfind(b"\n") + 1
    if whole < len(content):
        write_whole(path, content[:whole], lasting=True)
    return whole > 0
