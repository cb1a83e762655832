"""Cost tables: measured times as CSV, one row per chain of kernels, each with its provenance."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import astuple, dataclass, fields
from functools import cached_property
from math import inf
from pathlib import Path
from typing import overload

from archlint.cost.kernels.kernel import Chain, parse_chain
from archlint.errors import TargetError
from archlint.limits.files import read_bounded

__all__ = [
    "CLOCK", "HEADER", "SHARED", "Row", "Table", "TableFile", "format_rows", "is_too_wide",
    "read_table", "write_table",
]  # fmt: skip

WIDEST = 0.10
"""The widest interval, as a share of the median, of a row that prices may rest on."""

CLOCK = 0.2e-6
"""An interval of so few seconds is never too wide: profilers count whole us."""

SHARED = "shared"
"""What stands for the rule in rows that no rule asked for."""


def is_too_wide(interval: float, median: float) -> bool:
    """Whether sessions with this interval, a share of their median in seconds, differ too much."""
    return interval > WIDEST and interval * median > CLOCK


@dataclass(frozen=True, slots=True)
class Row:
    """One measured chain.

    `rule` is the code of the rule that asked for it, or SHARED; `kernels` is the text of the
    chain (see `parse_chain`), epilogues and paths included; `layout` its memory layout ("" where
    the source does not say).  `sessions` counts independent runs, `median_s`, `p10_s` and `p90_s`
    are seconds for the whole chain, `interval` the half width of the median's 95 % interval as a
    share of it; the last three are None where the source gives none.  `series` groups rows of
    equal FLOPs, `measured` is a date, `how` the source or the command.  `uncorrected_s` is the
    median as the clock gave it, before the drift of the machine's speed was taken off; None where
    nothing was.
    """

    rule: str
    kernels: str
    series: str
    dtype: str
    batch: int
    layout: str
    sessions: int
    median_s: float
    p10_s: float | None
    p90_s: float | None
    interval: float | None
    measured: str
    how: str
    uncorrected_s: float | None = None

    @property
    def chain(self) -> Chain:
        """The kernels, each with its count."""
        return parse_chain(self.kernels)

    @property
    def marked(self) -> bool:
        """Whether its sessions differ too much for it to be used."""
        return self.interval is not None and is_too_wide(self.interval, self.median_s)


_COLUMNS = tuple(field.name for field in fields(Row))
_KERNELS, _MEDIAN, _INTERVAL = map(_COLUMNS.index, ("kernels", "median_s", "interval"))

_WIDTH = f"not {len(_COLUMNS)} cells"

HEADER = ",".join(_COLUMNS) + "\n"
"""The first line of a table."""


@dataclass(frozen=True, slots=True)
class TableFile:
    """A file of rows; `rule` asked for all of them where the file has no such column."""

    path: Path
    rule: str = ""

    def lines(self) -> list[str]:
        """The lines below the header, each with its rule; raises TargetError for another one.

        So it does for a file that cannot be read.
        """
        try:
            text = read_bounded(self.path).decode()
        except (OSError, UnicodeDecodeError) as fault:
            raise TargetError(f"{self.path}: cannot be read: {fault}") from fault
        head, *lines = text.splitlines() or [""]
        columns = _COLUMNS[1:] if self.rule else _COLUMNS
        if head != ",".join(columns):
            raise TargetError(f"{self.path}: the columns are not {', '.join(columns)}")
        return [line and f"{self.rule},{line}" for line in lines] if self.rule else lines


class Table(Sequence[Row]):
    """The usable rows of some files, read when they are first looked at.

    Pricing looks at every text, but at the times of few: `texts` and `seconds` read no more
    than that.  All raise TargetError naming the file, and the line of a bad row.
    """

    def __init__(self, *files: TableFile) -> None:
        self._files = files

    @cached_property
    def _rows(self) -> tuple[Row, ...]:
        rows = (row for file in self._files for row in read_table(file))
        return tuple(row for row in rows if not row.marked)

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
        lines = [line for file in self._files for line in file.lines()]
        for at, line in enumerate(lines):  # no row that was cut is passed over unseen
            if line and line.count(",") < len(_COLUMNS) - 1:
                raise TargetError(f"{self._where(at)}: {_WIDTH}")
        return lines

    def texts(self) -> list[str]:
        """The kernels of each row of the files, marked ones too."""
        split = (_cells(line, _KERNELS + 1) for line in self._lines)
        return [cells[_KERNELS] if len(cells) > _KERNELS else "" for cells in split]

    def seconds(self, at: int) -> float | None:
        """The median of the row at this place in `texts`; None if it is marked."""
        try:
            cells = _cells(self._lines[at], _INTERVAL + 1)
            seconds = _time(cells[_MEDIAN])
            is_marked = cells[_INTERVAL] and is_too_wide(float(cells[_INTERVAL]), seconds)
            return None if is_marked else seconds
        except (ValueError, IndexError) as fault:
            raise TargetError(f"{self._where(at)}: {fault}") from fault

    def _where(self, at: int) -> str:
        for file in self._files:
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
    reader = csv.reader(file.lines())
    rows = []
    for cells in reader:
        try:
            if cells:
                rows.append(_row(cells))
        except ValueError as fault:
            raise TargetError(f"{file.path}:{reader.line_num + 1}: {fault}") from fault
    return tuple(rows)


def _row(cells: Sequence[str]) -> Row:
    def optional(key: str) -> float | None:
        return float(record[key]) if record[key] else None

    if len(cells) != len(_COLUMNS):
        raise ValueError(_WIDTH)
    record = dict(zip(_COLUMNS, cells, strict=True))
    row = Row(
        rule=record["rule"],
        kernels=record["kernels"],
        series=record["series"],
        dtype=record["dtype"],
        batch=int(record["batch"]),
        layout=record["layout"],
        sessions=int(record["sessions"]),
        median_s=_time(record["median_s"]),
        p10_s=optional("p10_s"),
        p90_s=optional("p90_s"),
        interval=optional("interval"),
        measured=record["measured"],
        how=record["how"],
        uncorrected_s=optional("uncorrected_s"),
    )
    parse_chain(row.kernels)
    return row


def _time(cell: str) -> float:
    seconds = float(cell)
    if not 0 < seconds < inf:
        raise ValueError(f"median_s is {seconds}, not a positive time")
    return seconds


def write_table(path: Path, rows: Iterable[Row]) -> None:
    """Write a table, empty cells for what is None."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(HEADER + format_rows(rows), encoding="utf-8", newline="\n")


def format_rows(rows: Iterable[Row]) -> str:
    """The lines of these rows as they stand in a table."""
    lines = io.StringIO()
    writer = csv.writer(lines, lineterminator="\n")
    for row in rows:
        writer.writerow("" if cell is None else cell for cell in astuple(row))
    return lines.getvalue()
