"""What the rules find in one model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from archlint.linter.ignores import Places
from archlint.linter.judge import Found
from archlint.linter.known_places import Key, SeenPlace
from archlint.location import Location
from archlint.results.findings import IgnoredFinding
from archlint.rule import Rule

__all__ = ["ModelFindings"]


@dataclass(slots=True)
class ModelFindings:
    """What the rules find in one model, on the way."""

    locations: Mapping[int, Location]
    found: list[Found] = field(default_factory=list)
    commented: list[IgnoredFinding] = field(default_factory=list)
    known: list[tuple[Found, str]] = field(default_factory=list)
    kept: dict[type[Rule], Places] = field(default_factory=dict)
    seen: tuple[SeenPlace, ...] = ()
    entries: dict[tuple[str, Key], int] = field(default_factory=dict)
