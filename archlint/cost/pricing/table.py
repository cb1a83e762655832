"""Cost tables: measured times as CSV, one row per chain of kernels, each with its provenance."""

from __future__ import annotations

import csv
import io
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import astuple, dataclass
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import overload

from archlint.cost.pricing.row import (
    CARRIED,
    COLUMNS,
    SHARED,
    WIDTH,
    Row,
    is_too_wide,
    parse_row,
    scatter_of,
    seconds_of,
    undisturbed,
)
from archlint.errors import TargetError
from archlint.limits.files import read_bounded
from archlint.whole_file import write_whole

__all__ = [
    "HEADER", "SHARED", "Row", "Table", "TableFile", "TableText", "format_rows", "read_table",
    "write_table",
]  # fmt: skip

_KERNELS, _MEDIAN, _P10, _P90, _INTERVAL = map(
    COLUMNS.index, ("kernels", "median_s", "p10_s", "p90_s", "interval")
)

HEADER = ",".join(COLUMNS) + "\n"
"""The first line of a table."""

_CONFLICT = ("<<<<<<<", "|||||||", "=======", ">>>>>>>")
"""What git begins lines with that two branches have changed."""


@dataclass(frozen=True, slots=True)
class TableFile:
    """A file of rows; `rule` asked for all of them where the file has no such column."""

    path: Path
    rule: str = ""

    def read(self) -> TableText:
        """What is in the file; raises TargetError for one that cannot be read."""
        try:
            # a checkout may have put other line ends
            return TableText(self.path, self.rule, read_bounded(self.path).replace(b"\r\n", b"\n"))
        except OSError as fault:
            raise TargetError(f"{self.path}: cannot be read: {fault.strerror or fault}") from fault


@dataclass(frozen=True)
class TableText:
    """The text of a file of rows, as bytes."""

    path: Path
    rule: str
    data: bytes

    @cached_property
    def checksum(self) -> str:
        """What a target's file says of its table, so that no row changes unseen."""
        return sha256(self.data).hexdigest()

    def lines(self) -> list[str]:
        """The lines below the header, each with its rule.

        Raises TargetError for another header, and for what is no text.
        """
        try:
            text = self.data.decode()
        except UnicodeDecodeError as fault:
            line = self.data.count(b"\n", 0, fault.start) + 1
            raise TargetError(f"{self.path}:{line}: not UTF-8 text") from fault
        # not splitlines, to which a control character is an end of line too
        head, *lines = text.split("\n")
        columns = COLUMNS[1:] if self.rule else COLUMNS
        if head != ",".join(columns):
            raise TargetError(f"{self.path}: the columns are not {', '.join(columns)}")
        if lines and not lines[-1]:
            del lines[-1]
        return [line and f"{self.rule},{line}" for line in lines] if self.rule else lines

    def numbered(self) -> Iterator[tuple[int, Row]]:
        """Each row with the number of its line; raises TargetError for a bad one."""
        for number, line in enumerate(self.lines(), 2):
            if not line:
                continue
            try:
                yield number, _row(line)
            except ValueError as fault:
                raise TargetError(f"{self.path}:{number}: {fault}") from fault


class Table(Sequence[Row]):
    """The usable rows of some files, read when they are first looked at.

    Pricing looks at every text, but at the times of few: `texts` and `observed` read no more
    than that.  All raise TargetError naming the file, and the line of a bad row.
    """

    def __init__(self, *files: TableFile) -> None:
        self._files = files

    @cached_property
    def files(self) -> tuple[TableText, ...]:
        """What is in the files, for good: all that is told of the rows is told of this."""
        return tuple(file.read() for file in self._files)

    @cached_property
    def _rows(self) -> tuple[Row, ...]:
        return tuple(row for row in self.every if not row.marked)

    @cached_property
    def every(self) -> tuple[Row, ...]:
        """All rows, marked ones too."""
        return tuple(row for file in self.files for _, row in file.numbered())

    @overload
    def __getitem__(self, index: int) -> Row: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Row]: ...
    def __getitem__(self, index: int | slice) -> Row | Sequence[Row]:
        return self._rows[index]

    def __iter__(self) -> Iterator[Row]:
        return iter(self._rows)

    def __len__(self) -> int:
        return len(self._rows)

    @cached_property
    def _lines(self) -> list[str]:
        lines = [line for file in self.files for line in file.lines()]
        for at, line in enumerate(lines):  # no row that was cut is passed over unseen
            if line and line.count(",") < len(COLUMNS) - 1:
                raise TargetError(f"{self._where(at)}: {WIDTH}")
        return lines

    def texts(self) -> list[str]:
        """The kernels of each row of the files, marked ones too."""
        split = (_cells(line, _KERNELS + 1) for line in self._lines)
        return [cells[_KERNELS] if len(cells) > _KERNELS else "" for cells in split]

    def observed(self, at: int, held: Collection[int] = ()) -> tuple[float, float, bool]:
        """Seconds, scatter and mark, as `Row` has them, of the row at this place in `texts`."""
        try:
            cells = _cells(self._lines[at], _INTERVAL + 1)
            seconds = seconds_of(COLUMNS[_MEDIAN], cells[_MEDIAN])
            marked = bool(cells[_INTERVAL]) and is_too_wide(float(cells[_INTERVAL]), seconds)
            p10, p90 = (
                seconds_of(COLUMNS[each], cells[each]) if cells[each] else None
                for each in (_P10, _P90)
            )
            return undisturbed(cells[_KERNELS], seconds, p10, held), scatter_of(p10, p90), marked
        except (ValueError, IndexError) as fault:
            raise TargetError(f"{self._where(at)}: {fault}") from fault

    def carried(self, at: int) -> bool:
        """Whether the row at this place in `texts` was carried over from another target."""
        return f",{CARRIED}" in self._lines[at]

    def _where(self, at: int) -> str:
        for file in self.files:
            count = len(file.lines())
            if at < count:
                break
            at -= count
        return f"{file.path}:{at + 2}"


def _cells(line: str, count: int) -> list[str]:
    """At least the first `count` cells of a line."""
    if '"' in line:
        return next(csv.reader([line]))
    return line.split(",", count)


def read_table(file: TableFile) -> tuple[Row, ...]:
    """Read a table; raises TargetError naming the file and line of a bad row."""
    return tuple(row for _, row in file.read().numbered())


def _row(line: str) -> Row:
    if line.startswith(_CONFLICT):
        raise ValueError("a merge conflict that nobody has resolved")
    if not line.isprintable():
        odd = next(char for char in line if not char.isprintable())
        raise ValueError(f"the character {odd!r}")
    try:
        return parse_row(next(csv.reader([line], strict=True)) if '"' in line else line.split(","))
    except csv.Error as fault:
        raise ValueError(str(fault)) from fault


def write_table(path: Path, rows: Iterable[Row]) -> None:
    """Write a table, empty cells for what is None."""
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, (HEADER + format_rows(rows)).encode())


def format_rows(rows: Iterable[Row]) -> str:
    """The lines of these rows as they stand in a table."""
    lines = io.StringIO()
    writer = csv.writer(lines, lineterminator="\n")
    for row in rows:
        writer.writerow("" if cell is None else cell for cell in astuple(row))
    return lines.getvalue()
