"""Logical lines of Python source: which physical lines and comments belong together."""

from __future__ import annotations

import ast
import tokenize
from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["Comment", "LogicalLine", "logical_lines"]

_LAYOUT = frozenset({tokenize.NL, tokenize.INDENT, tokenize.DEDENT, tokenize.ENCODING})


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment; line and column count from 1."""

    line: int
    column: int
    text: str


@dataclass(frozen=True, slots=True)
class LogicalLine:
    """A statement, or the head of one: its first and last physical line, and its comments.

    Comments on lines of their own right above it are its own too.  `end` is the last line of
    what it covers: that of the whole class where it is the head of one.
    """

    first: int
    last: int
    end: int
    comments: tuple[Comment, ...]


def logical_lines(lines: Sequence[str]) -> tuple[LogicalLine, ...]:
    """The logical lines of a file in order; none where it is no Python."""
    try:
        classes = _classes("".join(lines))
        return _read(lines, classes)
    except (SyntaxError, ValueError, RecursionError, MemoryError, tokenize.TokenError):
        return ()


def _classes(text: str) -> dict[int, int]:
    """The line of each class statement -> the last line of its body."""
    tree = ast.parse(text)
    found = (each for each in ast.walk(tree) if isinstance(each, ast.ClassDef))
    return {each.lineno: each.end_lineno or each.lineno for each in found}


def _read(lines: Sequence[str], classes: dict[int, int]) -> tuple[LogicalLine, ...]:
    found: list[LogicalLine] = []
    comments: list[Comment] = []
    first = 0
    for token in tokenize.generate_tokens(iter(lines).__next__):
        line, column = token.start
        if token.type == tokenize.COMMENT:
            comments.append(Comment(line, column + 1, token.string))
        elif token.type == tokenize.NEWLINE:
            end = max(line, classes.get(first, 0))
            found.append(LogicalLine(first, line, end, tuple(comments)))
            comments, first = [], 0
        elif token.type == tokenize.NL and not first and not token.line.strip():
            comments = []  # a blank line parts a comment from what follows
        elif token.type not in _LAYOUT and not first:
            first = line
    return tuple(found)
