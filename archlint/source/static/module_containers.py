"""Torch's containers of modules: Sequential, ModuleList, ModuleDict and what inherits them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from archlint.source.static.containers import argument, call_method, item, iterated, pairs_of
from archlint.source.static.items import exact, mapped
from archlint.source.static.values import (
    UNKNOWN,
    Arguments,
    Class,
    Const,
    Either,
    External,
    Item,
    Items,
    Made,
    Repeat,
    Series,
    Table,
    Text,
    Value,
    alternatives,
    leaves,
)

if TYPE_CHECKING:
    from archlint.source.static.interpreter import Interpreter

__all__ = ["METHODS", "call_module_method", "fill", "is_dict", "joined"]

_SELF = frozenset(
    "apply bfloat16 cpu cuda double eval float half requires_grad_ to train type".split()
)
_ADDING = frozenset({"append", "extend", "insert", "add_module", "register_module"})
METHODS = (
    _SELF
    | _ADDING
    | frozenset("children get items keys modules named_children pop update values".split())
)
_NUMBERED = frozenset({"Sequential", "ModuleList"})
_DICTS = frozenset({"ModuleDict"})


def _kind_of(interpreter: Interpreter, made: Made) -> str:
    """The last name of the library class that an instance is of, "" for none."""
    if isinstance(made.callee, Class):
        found = [
            each for each in interpreter.classes.lineage(made.callee) if isinstance(each, External)
        ]
        return next((each.last for each in found if each.last in _NUMBERED | _DICTS), "")
    return made.callee.last if isinstance(made.callee, External) else ""


def is_dict(interpreter: Interpreter, made: Made) -> bool:
    """Whether an instance is a ModuleDict."""
    return _kind_of(interpreter, made) in _DICTS


def joined(interpreter: Interpreter, made: Made, more: Value) -> Made | None:
    """A container of torch's with more modules behind its own, as `+` makes it."""
    if _kind_of(interpreter, made) not in _NUMBERED:
        return None
    interpreter.build(made)
    items = [*made.items.items, *iterated(interpreter, more)]
    series = Series(items, interpreter.regions.level)
    return Made(made.callee, made.given, made.site, series, is_built=True)


def fill(interpreter: Interpreter, made: Made, given: Arguments) -> None:
    """Give a container of torch's the children that its constructor is called with."""
    kind = _kind_of(interpreter, made)
    if kind not in _NUMBERED | _DICTS:
        return
    items: Items = given.positional
    if not items and "modules" in given.keywords:
        items = (given.keywords["modules"],)
    first = items[0] if len(items) == 1 and not isinstance(items[0], (Repeat, Either)) else None
    for each in alternatives(first) if first is not None else ():
        if isinstance(each, Table) or kind in _DICTS:
            _name_all(interpreter, made, pairs_of(each))
            return
    if kind == "ModuleList":
        items = iterated(interpreter, first) if first is not None else ()
    interpreter.regions.append(made.items, *items)


def _name_all(interpreter: Interpreter, made: Made, pairs: Items) -> None:
    for pair in pairs:
        sure = not isinstance(pair, (Repeat, Either))
        for each in leaves([pair]):
            entry = exact(each.items) if isinstance(each, Series) else None
            if entry is not None and len(entry) == 2:
                name = entry[0] if entry[0] is not UNKNOWN else Text(".*")
                if not sure and isinstance(name, Const):
                    name = Text(re.escape(str(name.value)))
                interpreter.attributes.put_named(made, name, entry[1])


def call_module_method(interpreter: Interpreter, made: Made, name: str, given: Arguments) -> Value:
    """A method of a container of modules, or one that every module has."""
    if name == "__init__":
        fill(interpreter, made, given)
        return Const(None)
    if name in _SELF:
        return made
    interpreter.build(made)
    first = argument(given, 0, "module" if name == "append" else "name")
    if name in ("add_module", "register_module", "__setattr__"):
        interpreter.attributes.put_named(made, first, argument(given, 1, "module"))
        return Const(None)
    if name == "update":
        _name_all(interpreter, made, pairs_of(first))
        return Const(None)
    if name in ("append", "extend", "insert"):
        call_method(interpreter, made.items, name, given)
        return made
    children: list[Item] = [*made.items.items]
    if not children:
        children = [each for each in made.names.values() if _may_be_module(each)]
        children += [Repeat((each,)) for each in made.patterns.values()]
        if isinstance(made.callee, External) and not children:
            children = [Repeat((made,))]
    if name in ("children", "values", "modules"):
        return Series(children, interpreter.regions.level)
    if name in ("items", "named_children", "named_modules"):
        return Series(mapped(children, lambda each: Series([Text(".*"), each])))
    if name in ("pop", "get", "get_submodule", "__getitem__"):
        return item(interpreter, made, first)
    return UNKNOWN


def _may_be_module(value: Value) -> bool:
    return any(isinstance(each, Made) for each in alternatives(value))
