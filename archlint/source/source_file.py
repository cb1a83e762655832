"""A source file of the user's: its lines, calls, statements and functions."""

from __future__ import annotations

import ast
import io
import tokenize
import warnings
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path

from archlint.limits.files import read_bounded
from archlint.location import Span

__all__ = ["UNPARSABLE", "SourceFile", "called", "last_name", "parsed", "read_text"]

UNPARSABLE = (SyntaxError, ValueError, RecursionError, MemoryError)
"""What the parser raises for text that is no Python, or nests too deep."""

_LONGEST_NAME = 60  # characters
_Place = tuple[int, int, int, int]
_Function = ast.FunctionDef | ast.AsyncFunctionDef


class SourceFile:
    """The text of a file with its syntax tree; `path` is as spans show it.

    Columns of the tree are in bytes from 0, those of spans in characters from 1.  What `parsed`
    raises comes through.
    """

    def __init__(self, path: str, text: str) -> None:
        self.path = path
        self._lines = text.split("\n")  # as the parser counts them
        self.tree: ast.Module = parsed(text)

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

    def name_of(self, node: ast.ClassDef) -> Span:
        """`class Net` of a class."""
        end = node.col_offset + len(f"class {node.name}".encode())
        return self.span(node.lineno, node.col_offset, node.lineno, end)

    def text_of(self, node: ast.stmt) -> str:
        """The lines of a statement."""
        return "\n".join(self._lines[node.lineno - 1 : node.end_lineno])

    def call_at(self, line: int, column: int, end_line: int, end_column: int) -> ast.Call | None:
        """The call that is exactly there."""
        return self._calls.get((line, column, end_line, end_column))

    def call_on(self, line: int, name: str) -> ast.Call | None:
        """The call on a line that calls something of this name, or else the longest one."""
        found = [each for each in self._calls.values() if each.lineno == line]
        named = [each for each in found if last_name(each.func) == name]
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
        return {_place(each): each for each in ast.walk(self.tree) if isinstance(each, ast.Call)}

    @cached_property
    def _functions(self) -> list[tuple[str, int, int]]:
        return list(_named(self.tree, ""))

    def _statement(self, line: int) -> ast.stmt | None:
        """The innermost statement that a line is in."""
        found: ast.stmt | None = None
        inside: ast.AST | None = self.tree
        while inside is not None:
            inside = next((each for each in _statements(inside) if _holds(each, line)), None)
            found = inside if isinstance(inside, ast.stmt) else found
        return found


def parsed(text: str) -> ast.Module:
    """The syntax tree of a text; raises one of UNPARSABLE."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # those about the user's escapes are Python's to tell
        return ast.parse(text)


def read_text(path: Path) -> str | None:
    """The text of a file as Python reads it; None where it cannot be read."""
    try:
        data = read_bounded(path)
        encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
        return io.TextIOWrapper(io.BytesIO(data), encoding, newline=None).read()
    except (OSError, SyntaxError, ValueError, LookupError):
        return None


def called(call: ast.Call) -> str:
    """`Bottleneck(...)`; of a long name, as much of its last part as there is room for."""
    try:
        name = ast.unparse(call.func)
    except RecursionError:
        name = last_name(call.func)
    if len(name) > _LONGEST_NAME or "\n" in name:
        name = name.rpartition(".")[2][-_LONGEST_NAME:]
    return f"{name}(...)"


def _place(node: ast.expr | ast.stmt) -> _Place:
    end_line = node.end_lineno or node.lineno
    return node.lineno, node.col_offset, end_line, node.end_col_offset or node.col_offset


def _length(node: ast.expr | ast.stmt) -> tuple[int, int]:
    line, column, end_line, end_column = _place(node)
    return end_line - line, end_column - column


def _holds(node: ast.expr | ast.stmt, line: int) -> bool:
    return node.lineno <= line <= (node.end_lineno or node.lineno)


def last_name(node: ast.expr) -> str:
    """`c` of `a.b.c`; "" of what is no name."""
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def _statements(node: ast.AST) -> Iterator[ast.stmt]:
    """The statements directly inside a node; handlers and cases are none themselves."""
    for each in ast.iter_child_nodes(node):
        if isinstance(each, ast.stmt):
            yield each
        elif isinstance(each, (ast.excepthandler, ast.match_case)):
            yield from _statements(each)


def _expressions(statement: ast.stmt) -> Iterator[ast.expr]:
    """The expressions of a statement's own that are read, outer before inner."""
    waiting: list[ast.AST] = [statement]
    while waiting:
        each = waiting.pop()
        if isinstance(each, ast.expr) and not isinstance(getattr(each, "ctx", None), ast.Store):
            yield each
        inside = [one for one in ast.iter_child_nodes(each) if not isinstance(one, ast.stmt)]
        waiting.extend(reversed(inside))


def _named(node: ast.AST, prefix: str) -> Iterator[tuple[str, int, int]]:
    for each in _statements(node):
        if isinstance(each, _Function):
            yield prefix + each.name, each.lineno, each.end_lineno or each.lineno
            yield from _named(each, f"{prefix}{each.name}.<locals>.")
        elif isinstance(each, ast.ClassDef):
            yield from _named(each, f"{prefix}{each.name}.")
        else:
            yield from _named(each, prefix)
