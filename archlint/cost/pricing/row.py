"""One measured row of a cost table, and what its cells must be."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, fields
from math import log, sqrt

from archlint.cost.kernels.kernel import Chain, parse_chain
from archlint.cost.kernels.kind import Kind
from archlint.cost.pricing.sound import Z

__all__ = [
    "CARRIED", "CLOCK", "COLUMNS", "SHARED", "WIDTH", "Row", "is_too_wide", "parse_row",
    "scatter_of", "seconds_of", "undisturbed",
]  # fmt: skip

WIDEST = 0.10
"""The widest interval, as a share of the median, of a row that is a price by itself."""

CLOCK = 0.2e-6
"""An interval of so few seconds is never too wide: profilers count whole us."""

SHARED = "shared"
"""What stands for the rule in rows that no rule asked for."""

CARRIED = "carried over from "
"""What `how` begins with in a row that another target's table tells, times what was measured."""

_SHORTEST, _LONGEST = 1e-12, 1e6
"""Seconds between which a measured time is: what is further off is no time of a kernel."""

_EXACT = 1 << 53
"""Sizes from here on are no longer exact as floating-point numbers."""

_GROUPED = frozenset({Kind.CONV, Kind.GROUP_CONV, Kind.DEPTHWISE, Kind.TRANSPOSED_CONV})

_LEVEL = re.compile(r"/(\d+)MB")
_WORD = re.compile(r"[A-Za-z]\w*", re.ASCII)
_WHOLE = re.compile(r"[1-9][0-9]{0,8}")


def is_too_wide(interval: float, median: float) -> bool:
    """Whether sessions with this interval, a share of their median in seconds, differ too much."""
    return interval > WIDEST and interval * median > CLOCK


def undisturbed(kernels: str, median: float, p10: float | None, held: Collection[int]) -> float:
    """About what kernels take where nobody else empties the cache that they run from.

    Others on the machine who share a cache only ever add: 736>1280 of 4 MB takes 57 us or 246,
    from one session to the next.  So at the levels (MB) that a cache has `held` it is half-way (in
    log) from the median to the 10th percentile: about the lower quartile, which a table does not
    hold.  Elsewhere it is the median.
    """
    level = _LEVEL.search(kernels) if held else None
    if p10 is None or level is None or int(level[1]) not in held:
        return median
    return sqrt(median * min(p10, median))


def scatter_of(p10: float | None, p90: float | None) -> float:
    """The log standard deviation of sessions with these percentiles; 0 where they are not told."""
    if p10 is None or p90 is None:
        return 0.0
    return log(p90 / p10) / (2 * Z)


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
    nothing was.  Of a row that was carried over it is the median on the device that it is from.
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

    def seconds(self, held: Collection[int]) -> float:
        """What prices rest on; `held` are the levels of rotation that a cache holds."""
        return undisturbed(self.kernels, self.median_s, self.p10_s, held)

    @property
    def scatter(self) -> float:
        """How far its sessions lie apart (log standard deviation)."""
        return scatter_of(self.p10_s, self.p90_s)

    @property
    def marked(self) -> bool:
        """Whether its sessions differ too much for it to be a price by itself."""
        return self.interval is not None and is_too_wide(self.interval, self.median_s)

    @property
    def carried(self) -> bool:
        """Whether it was measured on another device and carried over to this one."""
        return self.how.startswith(CARRIED)


COLUMNS = tuple(field.name for field in fields(Row))
"""The names of the cells, in their order."""

WIDTH = f"not {len(COLUMNS)} cells"
"""What is said of a line with more or fewer of them."""


def parse_row(cells: Sequence[str]) -> Row:
    """The row of these cells; raises ValueError for one that cannot have been measured."""
    if len(cells) != len(COLUMNS):
        raise ValueError(WIDTH)
    record = dict(zip(COLUMNS, cells, strict=True))
    for name in ("rule", "dtype"):
        if not _WORD.fullmatch(record[name]):
            raise ValueError(f"{name} is {record[name]!r}, not a word")
    row = Row(
        rule=record["rule"],
        kernels=record["kernels"],
        series=record["series"],
        dtype=record["dtype"],
        batch=_count("batch", record["batch"]),
        layout=record["layout"],
        sessions=_count("sessions", record["sessions"]),
        median_s=seconds_of("median_s", record["median_s"]),
        p10_s=_optional("p10_s", record["p10_s"]),
        p90_s=_optional("p90_s", record["p90_s"]),
        interval=_share("interval", record["interval"]),
        measured=record["measured"],
        how=record["how"],
        uncorrected_s=_optional("uncorrected_s", record["uncorrected_s"]),
    )
    if row.p10_s is not None and row.p90_s is not None and row.p10_s > row.p90_s:
        raise ValueError(f"p10_s is {row.p10_s}, above p90_s, {row.p90_s}")
    for _, kernel in row.chain:
        if kernel.kind in _GROUPED and (
            kernel.c_in % kernel.groups or kernel.c_out % kernel.groups
        ):
            raise ValueError(f"{kernel.text!r}: its channels do not fall into its groups")
        if max(kernel.flops, kernel.mac) >= _EXACT:
            raise ValueError(f"{kernel.text!r}: no kernel is so large")
    return row


def seconds_of(name: str, cell: str) -> float:
    """The time in a cell of this name; raises ValueError for what is none."""
    seconds = _number(name, cell)
    if not _SHORTEST <= seconds <= _LONGEST:
        raise ValueError(f"{name} is {seconds}, not a positive time of a kernel")
    return seconds


def _optional(name: str, cell: str) -> float | None:
    return seconds_of(name, cell) if cell else None


def _share(name: str, cell: str) -> float | None:
    share = _number(name, cell) if cell else None
    if share is not None and not 0 <= share <= _LONGEST:
        raise ValueError(f"{name} is {share}, not a share from 0 on")
    return share


def _number(name: str, cell: str) -> float:
    try:
        return float(cell)
    except ValueError as fault:
        raise ValueError(f"{fault} ({name})") from fault


def _count(name: str, cell: str) -> int:
    if not _WHOLE.fullmatch(cell):
        raise ValueError(f"{name} is {cell!r}, not a whole number from 1 on")
    return int(cell)
