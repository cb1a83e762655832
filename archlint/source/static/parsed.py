"""A Python file of the user's: its syntax tree, the names that it binds, and spans."""

from __future__ import annotations

import ast
import io
import tokenize
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path

import libcst as cst
from libcst.metadata import CodeRange, MetadataWrapper, PositionProvider

from archlint.location import Span
from archlint.source.source_file import SourceFile

__all__ = ["Parsed", "Statement", "read_text", "statements_of"]

Statement = cst.BaseStatement | cst.BaseSmallStatement
_LONGEST_NAME = 60  # characters


def read_text(path: Path) -> str | None:
    """The text of a file as Python reads it; None where it cannot be read."""
    try:
        data = path.read_bytes()
        encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
        return io.TextIOWrapper(io.BytesIO(data), encoding, newline=None).read()
    except (OSError, SyntaxError, ValueError, LookupError):
        return None


def statements_of(body: cst.BaseSuite | cst.Module) -> Iterator[Statement]:
    """The statements of a body; those that share a line come one by one."""
    for each in body.body:
        if isinstance(each, cst.SimpleStatementLine):
            yield from each.body
        elif isinstance(each, (cst.BaseStatement, cst.BaseSmallStatement)):
            yield each


class Parsed:
    """A file that parses; `shown` is its path as spans show it, `package` its dotted folder."""

    def __init__(self, path: Path, shown: str, text: str) -> None:
        self.path = path
        self.shown = shown
        self.text = text
        self.tree = cst.parse_module(text)

    @cached_property
    def bindings(self) -> Mapping[str, Sequence[Statement]]:
        """The statements at the top that bind each name, in their order."""
        found: dict[str, list[Statement]] = {}
        for statement in _top(statements_of(self.tree)):
            for name in _bound(statement):
                found.setdefault(name, []).append(statement)
        return found

    @cached_property
    def expressions(self) -> SourceFile | None:
        """The file as the interpreter reads it, for the expression on a line."""
        try:
            return SourceFile(self.shown, self.text)
        except (SyntaxError, ValueError, RecursionError):
            return None

    def span(self, node: cst.CSTNode) -> Span:
        """Where a node is."""
        place = self._positions[node]
        line = place.start.line
        text = self._lines[line - 1] if line <= len(self._lines) else ""
        return Span(
            self.shown, line, place.start.column + 1, place.end.line, place.end.column + 1, text
        )

    def what(self, call: cst.Call) -> str:
        """`Bottleneck(...)`."""
        name = self.tree.code_for_node(call.func)
        try:
            name = ast.unparse(ast.parse(name.strip(), mode="eval"))
        except (SyntaxError, ValueError, RecursionError):
            name = " ".join(name.split())
        if len(name) > _LONGEST_NAME or "\n" in name:
            name = name.rpartition(".")[2][-_LONGEST_NAME:]
        return f"{name}(...)"

    @cached_property
    def _lines(self) -> list[str]:
        return self.text.split("\n")

    @cached_property
    def _positions(self) -> Mapping[cst.CSTNode, CodeRange]:
        wrapper = MetadataWrapper(self.tree, unsafe_skip_copy=True)
        return wrapper.resolve(PositionProvider)


def _top(statements: Iterator[Statement]) -> Iterator[Statement]:
    """Statements that run when the file is imported, those inside `if` and `try` too."""
    for each in statements:
        if isinstance(each, cst.If):
            branch: cst.If | cst.Else | None = each
            while branch is not None:
                yield from _top(statements_of(branch.body))
                branch = branch.orelse if isinstance(branch, cst.If) else None
        elif isinstance(each, (cst.Try, cst.TryStar)):
            yield from _top(statements_of(each.body))
            if each.orelse is not None:
                yield from _top(statements_of(each.orelse.body))
        elif isinstance(each, cst.With):
            yield from _top(statements_of(each.body))
        else:
            yield each


def _bound(statement: Statement) -> Iterator[str]:
    if isinstance(statement, (cst.FunctionDef, cst.ClassDef)):
        yield statement.name.value
    elif isinstance(statement, cst.Assign):
        for target in statement.targets:
            yield from _names(target.target)
    elif isinstance(statement, cst.AnnAssign) and statement.value is not None:
        yield from _names(statement.target)
    elif isinstance(statement, (cst.Import, cst.ImportFrom)):
        if isinstance(statement.names, cst.ImportStar):
            yield "*"
            return
        for alias in statement.names:
            name: cst.BaseExpression = alias.asname.name if alias.asname else alias.name
            while isinstance(name, cst.Attribute):
                name = name.value
            if isinstance(name, cst.Name):
                yield name.value


def _names(target: cst.BaseExpression) -> Iterator[str]:
    if isinstance(target, cst.Name):
        yield target.value
    elif isinstance(target, (cst.Tuple, cst.List)):
        for each in target.elements:
            yield from _names(each.value)
