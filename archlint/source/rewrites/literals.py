"""The numbers near a decision: those that an edit may change, with what they stand for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import libcst as cst

from archlint.location import Location
from archlint.source.rewrites.edit import Read
from archlint.source.rewrites.source_text import SourceText, Unfixable, name_of
from archlint.source.rewrites.torch_names import POSITIONS

__all__ = ["Cell", "Literal", "find_literals"]


@dataclass(frozen=True, slots=True)
class Cell:
    """Where in a table a number stands: its row and column; `table` is the outermost display.

    Rows are told by where they begin in the file; `key` is that of a dict's entry, None outside.
    """

    table: int
    row: int
    column: int
    key: int | None = None


@dataclass(frozen=True, slots=True)
class Literal:
    """A number in a file, from `start` to `end` (bytes of UTF-8).

    `role` is the name of the parameter, keyword or variable that takes it, "" where none is
    known; `factor` is "*" or "/" where it multiplies or divides an `operand`, else "".  `depth`
    counts the calls between the operator and the function that it stands in.
    """

    path: str
    start: int
    end: int
    line: int
    value: int | float
    role: str
    factor: str = ""
    operand: str = ""
    cell: Cell | None = None
    depth: int = 0

    @property
    def where(self) -> str:
        """Path and line."""
        return f"{self.path}:{self.line}"


def find_literals(locations: Sequence[Location], read: Read) -> list[Literal]:
    """Numbers in the calls that led to operators, the functions around these, and their tables.

    Nearest first; files that may not be edited are left out.
    """
    found: dict[tuple[str, int], Literal] = {}
    seen: set[tuple[str, int]] = set()
    steps = [
        (depth, span)
        for location in locations
        for depth, span in enumerate((location.span, *(call.span for call in location.chain)))
    ]
    for depth, span in sorted(steps, key=lambda each: each[0]):
        try:
            source = read(span.path)
        except Unfixable:
            continue
        call = source.expression_at(span)
        function = source.around(call, cst.FunctionDef) if call is not None else None
        for node in (call, function):
            if node is None or (span.path, start := source.offsets(node)[0]) in seen:
                continue
            seen.add((span.path, start))
            for region in _regions(source, node):
                for each in _numbers(source, region, depth):
                    found.setdefault((each.path, each.start), each)
    return list(found.values())


def _regions(source: SourceText, node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    """A call or a function, the attributes of its class, and what it names of the module's."""
    yield node
    names = {each.value for each in source.inside(node) if isinstance(each, cst.Name)}
    around = source.around(node, cst.ClassDef)
    for statement in around.body.body if around is not None else ():
        if isinstance(statement, cst.SimpleStatementLine):
            yield statement
    for statement in source.module.body:
        if not isinstance(statement, cst.SimpleStatementLine):
            continue
        for each in statement.body:
            if isinstance(each, (cst.Assign, cst.AnnAssign)) and names & _targets(each):
                yield each


def _targets(statement: cst.Assign | cst.AnnAssign) -> set[str]:
    if isinstance(statement, cst.AnnAssign):
        return {name_of(statement.target)}
    return {name_of(each.target) for each in statement.targets}


def _numbers(source: SourceText, region: cst.CSTNode, depth: int) -> Iterator[Literal]:
    for node in source.inside(region):
        if isinstance(node, (cst.Integer, cst.Float)):
            made = _literal(source, node, depth)
            if made is not None:
                yield made


def _literal(source: SourceText, node: cst.Integer | cst.Float, depth: int) -> Literal | None:
    """The number with its role; None where it is an index, a comparison or the like."""
    start, end = source.offsets(node)
    line = source.place(node).start.line
    value = node.evaluated_value
    child: cst.CSTNode = node
    parent = source.parent(child)
    factor = operand = ""
    displays: list[tuple[int, int]] = []
    key: int | None = None
    while parent is not None:
        if isinstance(parent, cst.BinaryOperation) and not displays and not factor:
            factor = _factor(parent, child)
            if not factor:
                return None
            other = parent.right if parent.left is child else parent.left
            operand = source.module.code_for_node(other)
        elif isinstance(parent, cst.Element):
            display = source.parent(parent)
            if not isinstance(display, (cst.Tuple, cst.List)):
                return None
            displays.append((source.offsets(display)[0], list(display.elements).index(parent)))
            parent = display
        elif isinstance(parent, cst.DictElement):
            if parent.value is not child:
                return None
            if isinstance(parent.key, cst.Integer) and displays and key is None:
                key = parent.key.evaluated_value
            parent = source.parent(parent)
            displays.append((source.offsets(parent)[0] if parent is not None else 0, 0))
        elif isinstance(parent, (cst.Arg, cst.Param, cst.AssignTarget, cst.Assign, cst.AnnAssign)):
            role = _role(source, parent)
            if role is None:
                return None
            cell = None
            if displays:
                row, column = displays[0]
                cell = Cell(displays[-1][0], row, column, key)
            return Literal(source.path, start, end, line, value, role, factor, operand, cell, depth)
        elif not isinstance(parent, (cst.IfExp, cst.StarredElement, cst.BinaryOperation)):
            return None
        if parent is None:
            return None
        child, parent = parent, source.parent(parent)
    return None


def _factor(node: cst.BinaryOperation, child: cst.CSTNode) -> str:
    if isinstance(node.operator, cst.Multiply):
        return "*"
    is_division = isinstance(node.operator, (cst.FloorDivide, cst.Divide))
    return "/" if is_division and node.right is child else ""


def _role(source: SourceText, node: cst.CSTNode) -> str | None:
    if isinstance(node, cst.Param):
        return node.name.value
    if isinstance(node, cst.AnnAssign):
        return name_of(node.target).rpartition(".")[2]
    if isinstance(node, cst.Assign):
        return name_of(node.targets[0].target).rpartition(".")[2]
    if isinstance(node, cst.Arg):
        if node.keyword is not None:
            return node.keyword.value
        call = source.parent(node)
        if not isinstance(call, cst.Call) or node.star:
            return None
        place = list(call.args).index(node)
        names = _parameters(source, name_of(call.func))
        return names[place] if place < len(names) else ""
    return None


def _parameters(source: SourceText, called: str) -> Sequence[str]:
    """The names of what a class or function of this module or of torch.nn takes."""
    last = called.rpartition(".")[2]
    for statement in source.module.body:
        if isinstance(statement, cst.FunctionDef) and statement.name.value == called:
            return [each.name.value for each in statement.params.params]
        if isinstance(statement, cst.ClassDef) and statement.name.value == called:
            for each in statement.body.body:
                if isinstance(each, cst.FunctionDef) and each.name.value == "__init__":
                    return [param.name.value for param in each.params.params[1:]]
    return POSITIONS.get(last, ())
