"""Locations in a text, by what stands there."""

from __future__ import annotations

from archlint.location import Call, Certainty, Location, Span
from archlint.source.rewrites import Edit, Read, SourceText, spliced

__all__ = ["PATH", "edited", "location", "reading"]

PATH = "nets.py"


def location(text: str, piece: str, *calls: str) -> Location:
    """Where the first `piece` is, led to by the calls, the nearest first."""
    chain = tuple(Call(_span(text, each), each, "") for each in calls)
    return Location(_span(text, piece), Certainty.EXACT, chain)


def reading(text: str) -> Read:
    """Reads the one file that there is."""
    source = SourceText(PATH, text)
    return lambda _: source


def edited(text: str, edit: Edit) -> str:
    """The text with an edit."""
    return spliced(text, edit.splices)


def _span(text: str, piece: str) -> Span:
    at = text.index(piece)
    before, lines = text[:at].split("\n"), text.split("\n")
    line, column = len(before), len(before[-1]) + 1
    inner = piece.split("\n")
    end_line = line + len(inner) - 1
    end = len(inner[-1]) + (column if len(inner) == 1 else 1)
    return Span(PATH, line, column, end_line, end, lines[line - 1])
