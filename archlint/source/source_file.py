"""A source file of the user's: its lines, calls, statements and functions."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cached_property

from archlint.location import Span

__all__ = ["SourceFile"]

_Place = tuple[int, int, int, int]
_Function = ast.FunctionDef | ast.AsyncFunctionDef


class SourceFile:
    """The text of a file with its syntax tree; `path` is as spans show it.

    Columns of the tree are in bytes from 0, those of spans in characters from 1.
    """

    def __init__(self, path: str, text: str) -> None:
        self.path = path
        self._lines = text.split("\n")  # as the parser counts them
        self._tree = ast.parse(text)

    def span(self, line: int, column: int, end_line: int, end_column: int) -> Span:
        """The stretch between two places of the tree."""
        return Span(
            self.path,
            line,
            self._characters(line, column) + 1,
            end_line,
            self._characters(end_line, end_column) + 1,
            self._line(line),
        )

    def span_of(self, node: ast.expr | ast.stmt) -> Span:
        """The stretch of a node."""
        return self.span(*_place(node))

    def call_at(self, line: int, column: int, end_line: int, end_column: int) -> ast.Call | None:
        """The call that is exactly there."""
        return self._calls.get((line, column, end_line, end_column))

    def call_on(self, line: int, name: str) -> ast.Call | None:
        """The call on a line that calls something of this name, or else the longest one."""
        found = [each for each in self._calls.values() if each.lineno == line]
        named = [each for each in found if _called(each) == name]
        return max(named or found, key=_length, default=None)

    def expression_on(self, line: int) -> Span:
        """The longest expression that begins on a line of the function that it is in.

        A line on which none begins has the shortest one around it; `x += y` is taken whole.
        """
        statement = self._statement(line)
        if statement is None:
            return self.span(line, 0, line, len(self._line(line).encode()))
        if isinstance(statement, ast.AugAssign):
            return self.span_of(statement)
        found = [each for each in _expressions(statement) if _holds(each, line)]
        begin = [each for each in found if each.lineno == line]
        if begin:
            return self.span_of(max(begin, key=_length))
        return self.span_of(min(found, key=_length, default=statement))

    def function_at(self, line: int) -> str:
        """The qualified name of the function that a line is in, or "<module>"."""
        around = [each for each in self._functions if each[1] <= line <= each[2]]
        return max(around, key=lambda each: each[1])[0] if around else "<module>"

    def _line(self, line: int) -> str:
        return self._lines[line - 1] if 0 < line <= len(self._lines) else ""

    def _characters(self, line: int, column: int) -> int:
        return len(self._line(line).encode()[:column].decode(errors="ignore"))

    @cached_property
    def _calls(self) -> dict[_Place, ast.Call]:
        return {_place(each): each for each in ast.walk(self._tree) if isinstance(each, ast.Call)}

    @cached_property
    def _functions(self) -> list[tuple[str, int, int]]:
        return list(_named(self._tree, ""))

    def _statement(self, line: int) -> ast.stmt | None:
        """The innermost statement that a line is in."""
        found: ast.stmt | None = None
        inside: ast.AST | None = self._tree
        while inside is not None:
            inside = next((each for each in _statements(inside) if _holds(each, line)), None)
            found = inside if isinstance(inside, ast.stmt) else found
        return found


def _place(node: ast.expr | ast.stmt) -> _Place:
    end_line = node.end_lineno or node.lineno
    return node.lineno, node.col_offset, end_line, node.end_col_offset or node.col_offset


def _length(node: ast.expr | ast.stmt) -> tuple[int, int]:
    line, column, end_line, end_column = _place(node)
    return end_line - line, end_column - column


def _holds(node: ast.expr | ast.stmt, line: int) -> bool:
    return node.lineno <= line <= (node.end_lineno or node.lineno)


def _called(call: ast.Call) -> str:
    function = call.func
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else ""


def _statements(node: ast.AST) -> Iterator[ast.stmt]:
    """The statements directly inside a node; handlers and cases are none themselves."""
    for each in ast.iter_child_nodes(node):
        if isinstance(each, ast.stmt):
            yield each
        elif isinstance(each, (ast.excepthandler, ast.match_case)):
            yield from _statements(each)


def _expressions(node: ast.AST) -> Iterator[ast.expr]:
    """The expressions of a statement's own that are read, outer before inner."""
    for each in ast.iter_child_nodes(node):
        if isinstance(each, ast.stmt):
            continue
        if isinstance(each, ast.expr) and not isinstance(getattr(each, "ctx", None), ast.Store):
            yield each
        yield from _expressions(each)


def _named(node: ast.AST, prefix: str) -> Iterator[tuple[str, int, int]]:
    for each in ast.iter_child_nodes(node):
        if isinstance(each, _Function):
            yield prefix + each.name, each.lineno, each.end_lineno or each.lineno
            yield from _named(each, f"{prefix}{each.name}.<locals>.")
        elif isinstance(each, ast.ClassDef):
            yield from _named(each, f"{prefix}{each.name}.")
        else:
            yield from _named(each, prefix)
