"""Two layers of a module in the other order; their names, and so the state dict, stay."""

from __future__ import annotations

from collections.abc import Sequence

import libcst as cst

from archlint.location import Location
from archlint.source.rewrites.edit import Edit, Read, Splice
from archlint.source.rewrites.source_text import SourceText, Unfixable, name_of

__all__ = ["swap_layers"]


def swap_layers(locations: Sequence[Location], read: Read) -> Edit:
    """Let the two layers that are made here, in each class, run in the other order.

    A class that is a Sequential runs its layers in the order in which they are made; another one
    calls them by name.  Raises Unfixable where a class makes or calls them in another way.
    """
    layers: dict[tuple[str, int], dict[str, _Layer]] = {}
    for location in locations:
        source = read(location.span.path)
        layer = _Layer(source, location)
        key = source.path, source.place(layer.owner).start.line
        layers.setdefault(key, {}).setdefault(layer.name, layer)
    splices: list[Splice] = []
    for pair in layers.values():
        if len(pair) != 2:
            raise Unfixable("one class does not make both layers")
        splices += _swapped(*pair.values())
    names = ", ".join(
        " and ".join(layer.path for layer in pair.values()) for pair in layers.values()
    )
    return Edit(f"{names} change places", tuple(sorted(splices)))


class _Layer:
    """What makes a layer: `self.name = ...` or `self.add_module("name", ...)`."""

    def __init__(self, source: SourceText, location: Location) -> None:
        self.source = source
        where = f"{source.path}:{location.span.line}"
        node = source.expression_at(location.span)
        statement = None if node is None else source.around(node, cst.SimpleStatementLine)
        if node is None or statement is None or len(statement.body) != 1:
            raise Unfixable(f"no statement at {where} makes a layer")
        self.line: cst.SimpleStatementLine = statement
        self.statement: cst.BaseSmallStatement = statement.body[0]
        owner = source.around(node, cst.ClassDef)
        name = _name_made(self.statement, node)
        if owner is None or not name:
            raise Unfixable(f"{where} gives the layer no name of its own")
        self.owner: cst.ClassDef = owner
        self.name = name

    @property
    def path(self) -> str:
        return f"{self.owner.name.value}.{self.name}"


def _name_made(statement: cst.BaseSmallStatement, node: cst.BaseExpression) -> str:
    """The attribute that a statement makes of just this expression, "" if it does another thing."""
    if isinstance(statement, cst.Assign) and statement.value is node:
        if len(statement.targets) == 1:
            dotted = name_of(statement.targets[0].target)
            return dotted.removeprefix("self.") if dotted.count(".") == 1 else ""
        return ""
    call = statement.value if isinstance(statement, cst.Expr) else None
    if not isinstance(call, cst.Call) or name_of(call.func) != "self.add_module":
        return ""
    if len(call.args) != 2 or call.args[1].value is not node:
        return ""
    name = call.args[0].value
    text = name.evaluated_value if isinstance(name, cst.SimpleString) else None
    return text if isinstance(text, str) else ""


def _swapped(first: _Layer, second: _Layer) -> list[Splice]:
    bases = [name_of(each.value).rpartition(".")[2] for each in first.owner.bases]
    called = [_calls(first, layer.name) for layer in (first, second)]
    if any(called):
        return _exchanged(first.source, *_once(first, second, called))
    if bases != ["Sequential"]:
        raise Unfixable(f"{first.owner.name.value} does not call its layers by name")
    source = first.source
    block = source.parent(first.line)
    body = list(block.body) if isinstance(block, cst.IndentedBlock) else []
    if second.line not in body or abs(body.index(first.line) - body.index(second.line)) != 1:
        raise Unfixable(f"{first.owner.name.value} does not make its layers one after the other")
    return _exchanged(source, first.statement, second.statement)


def _calls(layer: _Layer, name: str) -> list[cst.CSTNode]:
    """All mentions of a layer in its class but for the one that makes it."""
    source, making = layer.source, {id(each) for each in layer.source.inside(layer.statement)}
    return [
        each
        for each in source.inside(layer.owner)
        if isinstance(each, cst.Attribute)
        and name_of(each) == f"self.{name}"
        and id(each) not in making
        and not isinstance(source.parent(each), cst.AssignTarget)
    ]


def _once(
    first: _Layer, second: _Layer, called: Sequence[Sequence[cst.CSTNode]]
) -> tuple[cst.CSTNode, cst.CSTNode]:
    """The two names where both are called, once each, in one function."""
    source, owner = first.source, first.owner.name.value
    if any(len(each) != 1 for each in called):
        raise Unfixable(f"{owner} does not call each of {first.name}, {second.name} once")
    one, two = called[0][0], called[1][0]
    for each in (one, two):
        call = source.parent(each)
        if not isinstance(call, cst.Call) or call.func is not each:
            raise Unfixable(f"{owner} hands on a layer instead of calling it")
    if not _is_handed_on(source, source.parent(one), source.parent(two)):
        raise Unfixable(f"{owner} does not hand {first.name}'s result to {second.name} at once")
    return one, two


def _is_handed_on(source: SourceText, one: cst.CSTNode | None, two: cst.CSTNode | None) -> bool:
    """Whether the second call's one argument is the first, or what the line before it calls so."""
    if not isinstance(two, cst.Call) or len(two.args) != 1:
        return False
    read = two.args[0].value
    if read is one:
        return True
    makes, takes = (
        None if each is None else source.around(each, cst.SimpleStatementLine)
        for each in (one, two)
    )
    block = None if makes is None else source.parent(makes)
    if makes is None or takes is None or not isinstance(block, cst.IndentedBlock):
        return False
    body = list(block.body)
    made = makes.body[0]
    return (
        takes in body
        and body.index(takes) == body.index(makes) + 1
        and isinstance(read, cst.Name)
        and isinstance(made, cst.Assign)
        and made.value is one
        and [name_of(each.target) for each in made.targets] == [read.value]
    )


def _exchanged(source: SourceText, one: cst.CSTNode, two: cst.CSTNode) -> list[Splice]:
    return [
        Splice(source.path, *source.offsets(one), source.code(two)),
        Splice(source.path, *source.offsets(two), source.code(one)),
    ]
