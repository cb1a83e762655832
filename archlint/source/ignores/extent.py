"""How far a comment reaches: the class, the statement, or calls inside a statement."""

from __future__ import annotations

import ast
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from archlint.source.ignores.logical import LogicalLine, plain_lines
from archlint.source.source_file import parsed

__all__ = ["NOTHING", "Extent", "Extents"]


@dataclass(frozen=True, slots=True)
class Extent:
    """What lies in the lines from `first` to `last`, and with `through` is on that line too."""

    first: int
    last: int
    through: int = 0

    def holds(self, line: int, end_line: int) -> bool:
        """Whether a stretch of lines is in it as a whole."""
        is_on = not self.through or line <= self.through <= end_line
        return is_on and self.first <= line and end_line <= self.last

    def is_within(self, other: Extent) -> bool:
        """Whether it reaches no further than another one."""
        return other.first <= self.first and self.last <= other.last


NOTHING = Extent(0, 0)
WHOLE = Extent(0, sys.maxsize)
"""Of a file, however long."""


@dataclass(frozen=True, slots=True)
class _Stretch:
    first: int
    last: int
    is_call: bool


class Extents:
    """The classes and expressions of a file; raises one of UNPARSABLE."""

    def __init__(self, lines: Sequence[str]) -> None:
        self._tree = parsed("".join(plain_lines(lines)))

    def of(self, about: int, statement: LogicalLine) -> Extent:
        """What a comment about a line of a statement covers.

        At the head of a class or at a decorator of it that is the class, and at the beginning
        or end of a statement the statement.  Inside one it is the expressions that begin or end
        on the line, where calls are among them, and else the call that goes through the line:
        `groups=4,` is about the conv, and no line of a Sequential is about those beside it.
        """
        of_class = self._classes.get(statement.first)
        if of_class is not None:
            return of_class
        if about in (statement.first, statement.last):
            return Extent(statement.first, statement.last)
        inside = [
            each
            for each in self._expressions
            if statement.first <= each.first and each.last <= statement.last
        ]
        here = [each for each in inside if about in (each.first, each.last)]
        calls = [each for each in inside if each.is_call and each.first < about < each.last]
        if calls and not any(each.is_call for each in here):
            around = min(calls, key=lambda each: each.last - each.first)
            return Extent(around.first, around.last, through=about)
        firsts, lasts = [each.first for each in here], [each.last for each in here]
        return Extent(min(firsts, default=about), max(lasts, default=about))

    def around(self, line: int) -> Extent:
        """The outermost class or function that a line is in; the whole file where it is in none."""
        for node in self._tree.body:
            if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
                first = min([node.lineno, *(each.lineno for each in node.decorator_list)])
                last = node.end_lineno or node.lineno
                if first <= line <= last:
                    return Extent(first, last)
        return WHOLE

    @cached_property
    def _classes(self) -> dict[int, Extent]:
        """The line of each class statement and of its decorators -> the class."""
        found = {}
        for node in ast.walk(self._tree):
            if isinstance(node, ast.ClassDef):
                heads = [*(each.lineno for each in node.decorator_list), node.lineno]
                whole = Extent(min(heads), node.end_lineno or node.lineno)
                found.update(dict.fromkeys(heads, whole))
        return found

    @cached_property
    def _expressions(self) -> list[_Stretch]:
        return [
            _Stretch(each.lineno, each.end_lineno or each.lineno, isinstance(each, ast.Call))
            for each in ast.walk(self._tree)
            if isinstance(each, ast.expr)
        ]
