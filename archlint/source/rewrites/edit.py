"""An edit: stretches of files with the text that takes their place."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from archlint.source.rewrites.source_text import SourceText, Unfixable

__all__ = ["Edit", "Read", "Splice", "spliced"]

Read = Callable[[str], SourceText]
"""The file at a path as spans show it; raises Unfixable where it may not be edited."""


@dataclass(frozen=True, slots=True, order=True)
class Splice:
    """From `start` to `end` of a file (bytes of UTF-8) there is to be another text."""

    path: str
    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Edit:
    """Splices that belong together, and in words what they do."""

    what: str
    splices: tuple[Splice, ...]


def spliced(text: str, splices: Iterable[Splice]) -> str:
    """A text with its splices; equal ones are done once.  Raises Unfixable where two overlap."""
    data = text.encode()
    left = len(data)
    for each in sorted(set(splices), reverse=True):
        if each.end > left:
            raise Unfixable(f"two edits of {each.path} overlap")
        left = each.start
        data = data[: each.start] + each.text.encode() + data[each.end :]
    return data.decode()
