"""Ignore comments: what they say and what they cover."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from tokenize import TokenError

from archlint.source.ignores.extent import NOTHING, WHOLE, Extent, Extents
from archlint.source.ignores.logical import Comment, LogicalLine, logical_lines
from archlint.source.source_file import UNPARSABLE

__all__ = ["IgnoreComment", "SourceComments", "Words", "read_comments", "read_words"]

_MARK = re.compile(r"#\s*archlint(?:\s*:\s*(?P<verb>[\w-]*)|\s+(?=ignore\b))", re.I)
_BRACKETS = re.compile(r"\s*\[(?P<rules>[^\]]*)\]")
_NEXT_COMMENT = re.compile(r"\s*(?<!\S)#(?!\d)")  # but "see #12" goes on
_EXPECTED = "expected `# archlint: ignore[G2] reason`"


@dataclass(frozen=True, slots=True)
class Words:
    """What is written: its offset in the comment, the rules and the reason, and their ends.

    `rules_end` is the offset of the closing bracket, `end` that behind the reason.
    """

    start: int
    rules: tuple[str, ...] = ()
    rules_end: int = 0
    reason: str = ""
    end: int = 0
    fault: str = ""


@dataclass(frozen=True, slots=True)
class IgnoreComment:
    """One comment: its place, the rules that it names by code or name, and the reason.

    `fault` says why it ignores nothing, else "".  `around` is the outermost class or function that
    it is in.
    """

    line: int
    column: int
    rules: tuple[str, ...]
    reason: str
    extent: Extent
    fault: str = ""
    around: Extent = WHOLE


class SourceComments:
    """The statements of a file and its ignore comments.

    Raises ValueError where the lines are no Python that this Python can parse.
    """

    def __init__(self, lines: Sequence[str]) -> None:
        try:
            self.statements: tuple[LogicalLine, ...] = logical_lines(lines)
            self._extents = Extents(lines)
        except (*UNPARSABLE, TokenError) as fault:
            raise ValueError(
                "it is not valid Python for the Python that archlint runs on"
            ) from fault

    def extent(self, line: int, statement: LogicalLine) -> Extent:
        """What a comment at the end of a line of a statement covers."""
        return self._extents.of(line, statement)

    def of(self, statement: LogicalLine) -> Iterator[tuple[IgnoreComment, Words]]:
        """The ignore comments of a statement."""
        for comment in statement.comments:
            for words in read_words(comment.text):
                yield self._made(comment, words, statement), words

    def _made(self, comment: Comment, words: Words, statement: LogicalLine) -> IgnoreComment:
        extent, fault = NOTHING, words.fault
        if statement.first:
            extent = self._extents.of(comment.about, statement)
        elif not fault:
            fault = "covers nothing: expected at the end of a line, or right above one"
        column = comment.column + words.start
        around = self._extents.around(comment.line)
        return IgnoreComment(comment.line, column, words.rules, words.reason, extent, fault, around)


def read_comments(lines: Sequence[str]) -> tuple[IgnoreComment, ...]:
    """The ignore comments of a file in their order, the broken ones with their fault.

    Where the file is no Python, what looks like the first of them says so.
    """
    marked = ((number, _MARK.search(line)) for number, line in enumerate(lines, 1))
    first = next(((number, mark) for number, mark in marked if mark is not None), None)
    if first is None:
        return ()
    try:
        source = SourceComments(lines)
    except ValueError as fault:
        number, mark = first
        return (IgnoreComment(number, mark.start() + 1, (), "", NOTHING, f"not read: {fault}"),)
    found = (comment for each in source.statements for comment, _ in source.of(each))
    return tuple(sorted(found, key=lambda each: (each.line, each.column)))


def read_words(text: str) -> Iterator[Words]:
    """What the ignore comments in the text of one comment say."""
    end = len(text)
    found = []
    for mark in reversed(list(_MARK.finditer(text))):
        found.append(_words(text[:end], mark))
        end = mark.start()
    yield from reversed(found)


def _words(text: str, mark: re.Match[str]) -> Words:
    start, verb = mark.start(), mark["verb"]
    if verb is None:
        return Words(start, fault=f"no colon behind archlint: {_EXPECTED}")
    if verb.lower() != "ignore":
        return Words(start, fault=f'unknown "archlint: {verb}": {_EXPECTED}')
    inner = _BRACKETS.match(text, mark.end())
    if inner is None:
        return Words(start, fault=f"no rules in brackets: {_EXPECTED}")
    rules = tuple(filter(None, (each.strip() for each in inner["rules"].split(","))))
    other = _NEXT_COMMENT.search(text, inner.end())
    reason = text[inner.end() : other.start() if other else None].rstrip()
    end = inner.end() + len(reason)
    fault = "" if reason else f"no reason: {_EXPECTED}"
    if not rules:
        fault = f"no rules in the brackets: {_EXPECTED}"
    return Words(start, rules, inner.end() - 1, reason.strip(), end, fault)
