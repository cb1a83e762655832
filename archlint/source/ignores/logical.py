"""Logical lines of Python source: which physical lines and comments belong together."""

from __future__ import annotations

import tokenize
from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["Comment", "LogicalLine", "logical_lines", "plain_lines"]

_LAYOUT = frozenset({tokenize.INDENT, tokenize.DEDENT, tokenize.ENCODING, tokenize.ENDMARKER})


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment; line and column count from 1.

    `about` is the line of code that it is about: its own, or where it stands alone that below.
    """

    line: int
    column: int
    text: str
    about: int


@dataclass(frozen=True, slots=True)
class LogicalLine:
    """A statement, or the head of one: its first and last physical line, and its comments.

    Comments on lines of their own right above it are its own too.  `open_ends` are the lines at
    whose end a comment can stand: not those that end in a string or with a backslash.  Comments
    that belong to no statement come in a logical line 0.
    """

    first: int
    last: int
    open_ends: frozenset[int]
    comments: tuple[Comment, ...]


def plain_lines(lines: Sequence[str]) -> list[str]:
    """The lines with one kind of end: a carriage return alone ends lines too."""
    return [line.rstrip("\r\n") + "\n" for line in lines]


def logical_lines(lines: Sequence[str]) -> tuple[LogicalLine, ...]:
    """The logical lines of a file in order.

    Raises SyntaxError or tokenize.TokenError where it is no Python.
    """
    reader = _Reader()
    for token in tokenize.generate_tokens(iter(plain_lines(lines)).__next__):
        reader.take(token)
    return reader.whole()


class _Reader:
    def __init__(self) -> None:
        self._found: list[LogicalLine] = []
        self._stray: list[Comment] = []
        self._above: list[Comment] = []  # alone on their lines: about what comes next
        self._comments: list[Comment] = []
        self._open: set[int] = set()
        self._first = 0
        self._code = 0  # the last line with code

    def take(self, token: tokenize.TokenInfo) -> None:
        line, column = token.start
        if token.type == tokenize.COMMENT:
            alone = line != self._code
            comment = Comment(line, column + 1, token.string, line)
            (self._above if alone else self._comments).append(comment)
        elif token.type == tokenize.NEWLINE:
            opened = frozenset(self._open | {line})
            self._found.append(LogicalLine(self._first, line, opened, tuple(self._comments)))
            self._comments, self._first, self._open = [], 0, set()
        elif token.type == tokenize.NL:
            if self._first:
                self._open.add(line)
            elif not token.line.strip():  # a blank line parts a comment from what follows
                self._part()
        elif token.type not in _LAYOUT:
            self._take_code(line, column, token.end[0])

    def whole(self) -> tuple[LogicalLine, ...]:
        self._part()
        if self._stray:
            self._found.append(LogicalLine(0, 0, frozenset(), tuple(self._stray)))
        return tuple(self._found)

    def _take_code(self, line: int, column: int, end: int) -> None:
        if line != self._code:
            for each in self._above:
                # above a statement that is indented otherwise it is the last of another block
                fits = self._first or each.column == column + 1
                belongs = Comment(each.line, each.column, each.text, line if fits else 0)
                (self._comments if fits else self._stray).append(belongs)
            self._above = []
        self._first = self._first or line
        self._code = end

    def _part(self) -> None:
        self._stray += self._above
        self._above = []
