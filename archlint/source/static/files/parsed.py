"""A Python file of the user's, and the names that it binds."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path

from archlint.source.source_file import SourceFile

__all__ = ["Parsed", "names_bound"]

_TRY_STAR: type[ast.Try] = getattr(ast, "TryStar", ast.Try)  # Python 3.10 has none


class Parsed(SourceFile):
    """A file that parses; `path` is as spans show it, `real_path` where it is."""

    def __init__(self, real_path: Path, shown: str, text: str) -> None:
        super().__init__(shown, text)
        self.real_path = real_path

    @cached_property
    def bindings(self) -> Mapping[str, Sequence[ast.stmt]]:
        """The statements at the top that bind each name, in their order; "*" is no name."""
        found: dict[str, list[ast.stmt]] = {}
        for statement in _top(self.tree.body):
            for name in _bound(statement):
                found.setdefault(name, []).append(statement)
        return found


def _top(statements: Iterable[ast.stmt]) -> Iterator[ast.stmt]:
    """Statements that run when the file is imported, those inside `if` and `try` too."""
    for each in statements:
        if isinstance(each, (ast.If, ast.Try, _TRY_STAR)):
            yield from _top((*each.body, *each.orelse))
        elif isinstance(each, ast.With):
            yield from _top(each.body)
        else:
            yield each


def _bound(statement: ast.stmt) -> Iterator[str]:
    if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        yield statement.name
    elif isinstance(statement, ast.Assign):
        for target in statement.targets:
            yield from names_bound(target)
    elif isinstance(statement, ast.AnnAssign) and statement.value is not None:
        yield from names_bound(statement.target)
    elif isinstance(statement, (ast.Import, ast.ImportFrom)):
        for alias in statement.names:
            yield alias.asname or alias.name.partition(".")[0]


def names_bound(target: ast.expr) -> Iterator[str]:
    """The names that an assignment to a target sets."""
    if isinstance(target, ast.Name):
        yield target.id
    elif isinstance(target, ast.Starred):
        yield from names_bound(target.value)
    elif isinstance(target, (ast.Tuple, ast.List)):
        for each in target.elts:
            yield from names_bound(each)
