"""How bad a finding is."""

from __future__ import annotations

from enum import Enum

__all__ = ["Severity"]


class Severity(Enum):
    """How much of the model's predicted time a finding saves: see `rank`."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"

    rank: int
    """3 for an error (from 10 %), 2 for a warning (from 2 %), 1 for a note."""

    def __init__(self, _: str) -> None:
        self.rank = 3 - len(type(self).__members__)
