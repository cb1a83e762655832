"""Ignore comments written into source, and nothing else of it touched."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from archlint.source.ignores.comment import MARK, IgnoreComment, parse_comment
from archlint.source.ignores.logical import LogicalLine, logical_lines

__all__ = ["Wanted", "add_ignores"]


@dataclass(frozen=True, slots=True)
class Wanted:
    """A rule to ignore at a line."""

    line: int
    code: str


def add_ignores(lines: Sequence[str], wanted: Iterable[Wanted], reason: str) -> list[str]:
    """The lines of a file with a comment behind each statement that a wanted line is in.

    A comment that is there already takes the codes on, and keeps its reason.  Lines that are in
    no statement are left alone.
    """
    codes: dict[LogicalLine, set[str]] = {}
    logical = logical_lines(lines)
    for each in wanted:
        home = next((line for line in logical if line.first <= each.line <= line.last), None)
        if home is not None:
            codes.setdefault(home, set()).add(each.code)
    made = list(lines)
    for home, its in codes.items():
        _add(made, home, its, reason)
    return made


def _add(lines: list[str], home: LogicalLine, codes: set[str], reason: str) -> None:
    for comment in home.comments:
        there = parse_comment(comment, home)
        if there is not None and not there.fault:
            line = lines[there.line - 1]
            before, ours = line[: there.column - 1], line[there.column - 1 :]
            lines[there.line - 1] = before + _merged(ours, there, codes)
            return
    body, end = _parted(lines[home.last - 1])
    text = f"# archlint: ignore[{', '.join(sorted(codes))}] {reason}"
    lines[home.last - 1] = f"{body}  {text}{end}"


def _merged(ours: str, there: IgnoreComment, codes: set[str]) -> str:
    new = sorted(codes.difference(there.rules))
    match = MARK.match(ours)
    if match is None or not new:
        return ours
    bracket = ours.index("]", match.start("rest"))
    return f"{ours[:bracket]}, {', '.join(new)}{ours[bracket:]}"


def _parted(line: str) -> tuple[str, str]:
    """A line without its end, and the end."""
    body = line.rstrip("\r\n")
    return body, line[len(body) :]
