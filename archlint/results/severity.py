"""How bad a finding is."""

from __future__ import annotations

from enum import Enum

__all__ = ["ERROR_FROM", "WARNING_FROM", "Severity", "by_share"]

ERROR_FROM, WARNING_FROM = 0.10, 0.02
"""Shares of the model's predicted time from which a saving is an error, a warning."""


class Severity(Enum):
    """How much of the model's predicted time a finding saves: see `rank`."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"

    rank: int
    """3 for an error (from 10 %), 2 for a warning (from 2 %), 1 for a note."""

    def __init__(self, _: str) -> None:
        self.rank = 3 - len(type(self).__members__)


def by_share(share: float) -> Severity:
    """The severity of what saves this share of the model's predicted time, as nothing caps it."""
    if share >= ERROR_FROM:
        return Severity.ERROR
    return Severity.WARNING if share >= WARNING_FROM else Severity.NOTE
