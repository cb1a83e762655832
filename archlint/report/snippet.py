"""A line of source with carets under what a finding is about, and what led to it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from rich.cells import cell_len

from archlint.location import Certainty, Location, Span
from archlint.report.escape import visible

__all__ = ["Snippet", "notes", "snippet"]

_TAB = 4
_CUT = "..."


@dataclass(frozen=True, slots=True)
class Snippet:
    """The number of a line, its text, and the carets that stand under the text."""

    number: str
    text: str
    carets: str


def snippet(span: Span, width: int) -> Snippet:
    """The first line of a span, without its indent, at most `width` columns wide.

    A line that is too long is cut around the span; tabs are spaces, and what cannot be printed
    is written out.
    """
    indent = len(span.text) - len(span.text.lstrip())
    start = max(span.column - 1, indent)
    end = span.end_column - 1 if span.end_line == span.line else len(span.text.rstrip())
    before = _shown(span.text[indent:start])
    told = _shown(span.text[start:end])
    after = _shown(span.text[end:].rstrip()) if span.end_line == span.line else ""
    number = str(span.line)
    room = max(width - len(number) - 3, 20)
    before, told, after = _fitted(before, told, after, room)
    carets = " " * cell_len(before) + "^" * max(cell_len(told), 1)
    return Snippet(number, f"{before}{told}{after}", carets)


def notes(location: Location) -> Iterator[str]:
    """What led to the location, one line each, and what is not exact about it."""
    if location.certainty is not Certainty.EXACT:
        yield "the nearest line that is known: its own could not be found"
    for call in location.chain:
        span = call.span
        yield f"by {call.what} in {call.inside}, {span.path}:{span.line}:{span.column}"


def _shown(text: str) -> str:
    return visible(text.expandtabs(_TAB))


def _fitted(before: str, told: str, after: str, room: int) -> tuple[str, str, str]:
    if _cells((before, told, after)) <= room:
        return before, told, after
    if cell_len(told) > room // 2:
        told = _head(told, max(room // 2, room - cell_len(before) - len(_CUT))) + _CUT
        after = ""
    left = room - cell_len(told)
    if cell_len(before) > left - len(_CUT) * bool(after):
        before = _CUT + _tail(before, max(left - 2 * len(_CUT), 0))
    left = room - _cells((before, told))
    if cell_len(after) > left:
        after = _head(after, max(left - len(_CUT), 0)) + _CUT
    return before, told, after


def _cells(parts: Sequence[str]) -> int:
    return sum(map(cell_len, parts))


def _head(text: str, room: int) -> str:
    return text[: _fitting(text, room)]


def _tail(text: str, room: int) -> str:
    return text[len(text) - _fitting(reversed(text), room) :]


def _fitting(characters: Iterable[str], room: int) -> int:
    """How many characters there is room for, from the first one on."""
    count = 0
    for each in characters:
        room -= cell_len(each)
        if room < 0:
            break
        count += 1
    return count
