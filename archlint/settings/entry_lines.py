"""Where in a configuration file its models are named, for reports that need a line."""

from __future__ import annotations

import re
from collections.abc import Iterator

from archlint.limits.files import read_bounded
from archlint.location import Span

__all__ = ["entry_lines"]

_TABLE = re.compile(r"\s*\[\[\s*(?:tool\s*\.\s*archlint\s*\.\s*)?models\s*\]\]")
_KEY = re.compile(r"\s*(?:name|factory)\s*=")
_LIST = re.compile(r"\s*(?:tool\s*\.\s*archlint\s*\.\s*)?models\s*=")


def entry_lines(path: str, count: int) -> tuple[Span, ...]:
    """The line of each of `count` models in the file, in their order.

    It is the first line of its table that has its name or factory; the line of the key `models`
    where these are not written as tables, and the first line where that cannot be told.
    """
    try:
        lines = read_bounded(path).decode().splitlines()
    except (OSError, UnicodeDecodeError):
        return ()
    numbers = list(_entries(lines))
    if len(numbers) != count:
        inline = next((at for at, line in enumerate(lines) if _LIST.match(line)), 0)
        numbers = [inline] * count
    return tuple(_span(path, at, lines[at] if lines else "") for at in numbers)


def _entries(lines: list[str]) -> Iterator[int]:
    starts = [at for at, line in enumerate(lines) if _TABLE.match(line)]
    for start in starts:
        found = start
        for at in range(start + 1, len(lines)):
            if lines[at].lstrip().startswith("["):
                break
            if _KEY.match(lines[at]):
                found = at
                break
        yield found


def _span(path: str, at: int, line: str) -> Span:
    text = line.rstrip()
    start = len(text) - len(text.lstrip())
    return Span(path, at + 1, start + 1, at + 1, max(len(text), start) + 1, text)
