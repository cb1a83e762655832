"""Ignore comments written into source, and nothing else of it touched."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from archlint.source.ignores.comment import IgnoreComment, SourceComments, Words, read_words
from archlint.source.ignores.logical import LogicalLine

__all__ = ["Wanted", "add_ignores", "is_reason"]


@dataclass(frozen=True, slots=True)
class Wanted:
    """A rule to ignore for what lies in these lines."""

    line: int
    end_line: int
    code: str


def is_reason(text: str) -> bool:
    """Whether a comment with this reason says it: one printable line, no comment of its own."""
    read = [each.reason for each in read_words(_comment(["G1"], text))]
    return bool(text) and text.isprintable() and read == [text]


def add_ignores(lines: Sequence[str], wanted: Iterable[Wanted], reason: str) -> list[str]:
    """The lines of a file with a comment at the end of each wanted stretch.

    Where that line goes on in a string or behind a backslash, the comment goes to the end of the
    statement.  A comment that covers no more than the new one would takes the codes on; its
    reason stays, and another one comes behind it.  What is in no statement is left alone.
    Raises ValueError for what is no reason, and for lines that are no Python.
    """
    if not is_reason(reason):
        raise ValueError(f"not a reason: {reason!r}")
    source = SourceComments(lines)
    new: dict[int, set[str]] = {}
    merged: dict[IgnoreComment, tuple[Words, set[str]]] = {}
    for each in wanted:
        home = _home(source, each)
        if home is None:
            continue
        line = _line_for(source, home, each)
        there = _mergeable(source, home, line, each)
        if there is None:
            new.setdefault(line, set()).add(each.code)
        else:
            merged.setdefault(there[0], (there[1], set()))[1].add(each.code)
    made = list(lines)
    # from the right, so that the offsets of what is left of it stay
    for comment in sorted(merged, key=lambda each: (each.line, -each.column)):
        words, codes = merged[comment]
        at = comment.column - 1 - words.start
        text = made[comment.line - 1]
        made[comment.line - 1] = text[:at] + _merged(text[at:], words, codes, reason)
    for line, codes in new.items():
        body, end = _parted(made[line - 1])
        made[line - 1] = f"{body}  {_comment(codes, reason)}{end}"
    return made


def _comment(codes: Iterable[str], reason: str) -> str:
    return f"# archlint: ignore[{', '.join(sorted(codes))}] {reason}"


def _home(source: SourceComments, wanted: Wanted) -> LogicalLine | None:
    found = (each for each in source.statements if each.first <= wanted.line <= each.last)
    return next(found, None)


def _line_for(source: SourceComments, home: LogicalLine, wanted: Wanted) -> int:
    """The line at whose end a comment covers what is wanted, and the least else."""
    line = wanted.end_line
    if line in home.open_ends and source.extent(line, home).holds(wanted.line, line):
        return line
    return home.last


def _mergeable(
    source: SourceComments, home: LogicalLine, line: int, wanted: Wanted
) -> tuple[IgnoreComment, Words] | None:
    """A comment that covers what is wanted, and no more than one at the end of the line would."""
    most, end = source.extent(line, home), min(wanted.end_line, home.last)
    for comment, words in source.of(home):
        extent = comment.extent
        if not comment.fault and extent.is_within(most) and extent.holds(wanted.line, end):
            return comment, words
    return None


def _merged(text: str, words: Words, codes: Iterable[str], reason: str) -> str:
    """The text of a comment with more codes, and with the reason if it has another one."""
    new = sorted(set(codes).difference(words.rules))
    if not new:
        return text
    rules = f", {', '.join(new)}"
    behind = "" if reason in words.reason else f"; {reason}"
    told = text[words.rules_end : words.end]
    return f"{text[: words.rules_end]}{rules}{told}{behind}{text[words.end :]}"


def _parted(line: str) -> tuple[str, str]:
    """A line without its end, and the end."""
    body = line.rstrip("\r\n")
    return body, line[len(body) :]
