"""The text of a source file with its concrete syntax tree."""

from __future__ import annotations

import io
from collections.abc import Iterator
from functools import cached_property
from typing import TypeVar

import libcst as cst
from libcst.metadata import (
    ByteSpanPositionProvider,
    CodeRange,
    MetadataWrapper,
    ParentNodeProvider,
    PositionProvider,
)

from archlint.location import Span

__all__ = ["SourceText", "Unfixable", "name_of"]

Kind = TypeVar("Kind", bound=cst.CSTNode)


class Unfixable(Exception):  # noqa: N818, it is what the source has, not the program
    """Why there is no edit; the text is the reason, in one line."""


class SourceText:
    """A parsed file; `path` is as spans show it.  Offsets are in bytes of UTF-8.

    Raises Unfixable where libcst cannot parse the text.
    """

    def __init__(self, path: str, text: str) -> None:
        self.path = path
        self.text = text
        try:
            wrapper = MetadataWrapper(cst.parse_module(text), unsafe_skip_copy=True)
        except cst.ParserSyntaxError as e:
            raise Unfixable(f"libcst cannot parse {path}") from e
        self.module: cst.Module = wrapper.module
        self._places = wrapper.resolve(PositionProvider)
        self._bytes = wrapper.resolve(ByteSpanPositionProvider)
        self._parents = wrapper.resolve(ParentNodeProvider)

    def expression_at(self, span: Span) -> cst.BaseExpression | None:
        """The outermost expression that is exactly there."""
        wanted = (span.line, span.column - 1, span.end_line, span.end_column - 1)
        return self._expressions.get(wanted)

    def node_on(self, line: int, kind: type[Kind]) -> Kind | None:
        """The innermost node of a kind that a line is in."""
        found: Kind | None = None
        for node, place in self._places.items():
            if isinstance(node, kind) and place.start.line <= line <= place.end.line:
                inner = found is None or place.start.line >= self.place(found).start.line
                found = node if inner else found
        return found

    def place(self, node: cst.CSTNode) -> CodeRange:
        """Lines from 1 and columns from 0, in characters."""
        return self._places[node]

    def offsets(self, node: cst.CSTNode) -> tuple[int, int]:
        """Where a node begins and ends."""
        span = self._bytes[node]
        return span.start, span.start + span.length

    def code(self, node: cst.CSTNode) -> str:
        """The text of a node, without what is around it."""
        start, end = self.offsets(node)
        return self.text.encode()[start:end].decode()

    def parent(self, node: cst.CSTNode) -> cst.CSTNode | None:
        """The node around a node."""
        return self._parents.get(node)

    def around(self, node: cst.CSTNode, kind: type[Kind]) -> Kind | None:
        """The nearest node of a kind that a node is in."""
        found = self.parent(node)
        while found is not None and not isinstance(found, kind):
            found = self.parent(found)
        return found

    def top_level(self, node: cst.CSTNode) -> cst.CSTNode:
        """The statement of the module that a node is in."""
        while True:
            parent = self.parent(node)
            if parent is None or isinstance(parent, cst.Module):
                return node
            node = parent

    def inside(self, node: cst.CSTNode) -> Iterator[cst.CSTNode]:
        """A node and all below it, outer before inner."""
        yield node
        for child in node.children:
            yield from self.inside(child)

    @cached_property
    def lines(self) -> list[str]:
        """The lines with their ends, as Python counts them."""
        return list(io.StringIO(self.text, newline=""))

    @cached_property
    def imported(self) -> frozenset[str]:
        """The names that the module's own imports bind."""
        found = set()
        for statement in self.module.body:
            if not isinstance(statement, cst.SimpleStatementLine):
                continue
            for each in statement.body:
                if not isinstance(each, (cst.Import, cst.ImportFrom)):
                    continue
                if isinstance(each.names, cst.ImportStar):
                    continue
                for alias in each.names:
                    bound = alias.evaluated_alias or alias.evaluated_name.partition(".")[0]
                    found.add(bound)
        return frozenset(found)

    @cached_property
    def _expressions(self) -> dict[tuple[int, int, int, int], cst.BaseExpression]:
        found: dict[tuple[int, int, int, int], cst.BaseExpression] = {}
        for node in self.inside(self.module):
            if isinstance(node, cst.BaseExpression):
                place = self._places[node]
                start, end = place.start, place.end
                found.setdefault((start.line, start.column, end.line, end.column), node)
        return found


def name_of(node: cst.CSTNode) -> str:
    """The dotted name that an expression is, such as "nn.SiLU"; "" where it is none."""
    if isinstance(node, cst.Name):
        return node.value
    if isinstance(node, cst.Attribute):
        before = name_of(node.value)
        return f"{before}.{node.attr.value}" if before else ""
    return ""
