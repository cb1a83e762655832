"""How a report is to look."""

from __future__ import annotations

from dataclasses import dataclass

from archlint.results.shares import Sort

__all__ = ["DEFAULT_WIDTH", "Style"]

DEFAULT_WIDTH = 100


@dataclass(frozen=True, slots=True)
class Style:
    """What the reader asked for; formats for machines ignore it.

    `width` is in columns.  `notes` shows findings of severity note, `top` at most so many
    findings of each model.  `quiet` leaves all but the findings out, `verbose` lists every
    place of a finding.  `sort` is what the dearest kinds, blocks and operators are dear by.
    """

    width: int = DEFAULT_WIDTH
    color: bool = False
    notes: bool = False
    top: int | None = None
    quiet: bool = False
    verbose: bool = False
    sort: Sort = Sort.TIME
