"""Attributes: what `value.name` is, and what setting it does."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from archlint.source.static.containers import named
from archlint.source.static.globals import dotted
from archlint.source.static.module_containers import METHODS
from archlint.source.static.parsed import statements_of
from archlint.source.static.values import (
    UNKNOWN,
    Arguments,
    Bound,
    Class,
    Const,
    External,
    Function,
    Made,
    ModuleFile,
    Partial,
    Series,
    SuperOf,
    Table,
    Union,
    Value,
    alternatives,
    as_pattern,
    union,
)

if TYPE_CHECKING:
    from archlint.source.static.interpreter import Interpreter

__all__ = ["Attributes"]

_RUN = frozenset({"__init__", "forward"})


class Attributes:
    """Reads and sets attributes; those of instances once their constructor is followed."""

    def __init__(self, interpreter: Interpreter) -> None:
        self._interpreter = interpreter
        self._searched: set[tuple[int, str]] = set()

    def of(self, value: Value, name: str) -> Value:
        """`value.name`."""
        if isinstance(value, Union):
            return union(*(self.of(each, name) for each in value.values))
        if isinstance(value, External):
            return External(f"{value.name}.{name}")
        if isinstance(value, ModuleFile):
            return self._interpreter.globals.member_of(value, name)
        if isinstance(value, Class):
            found = self._interpreter.classes.member(value, name)
            if isinstance(found, Function) and "classmethod" in _decorators(found):
                return Bound(value, found)
            if found is None and name in ("__name__", "__qualname__"):
                return Const(value.name)
            return UNKNOWN if found is None else found
        if isinstance(value, SuperOf):
            return self._inherited(value, name)
        if isinstance(value, Made):
            return self._attribute_of(value, name)
        if isinstance(value, (Series, Table, Const)):
            return Bound(value, name)
        if isinstance(value, Partial) and name == "func":
            return value.function
        return UNKNOWN

    def _inherited(self, value: SuperOf, name: str) -> Value:
        instance = value.instance
        kind = instance.callee if isinstance(instance, Made) else instance
        if isinstance(kind, Class):
            found = self._interpreter.classes.member(kind, name, value.owner)
            if isinstance(found, Function):
                return self.method(instance, found)
            if found is not None:
                return found
        return Bound(instance, name) if isinstance(instance, Made) else UNKNOWN

    def _attribute_of(self, made: Made, name: str) -> Value:
        self._interpreter.build(made)
        if name in made.names:
            return made.names[name]
        if name == "__class__" and made.callee is not UNKNOWN:
            return made.callee
        found = (
            self._interpreter.classes.member(made.callee, name)
            if isinstance(made.callee, Class)
            else None
        )
        if isinstance(found, Function):
            return self.method(made, found)
        if found is not None:
            return found
        return Bound(made, name) if name in METHODS else UNKNOWN

    def method(self, instance: Value, function: Function) -> Value:
        """What a function of an instance's class is when it is asked of the instance."""
        decorators = _decorators(function)
        if "staticmethod" in decorators:
            return function
        if "classmethod" in decorators and isinstance(instance, Made):
            return Bound(instance.callee, function)
        bound = Bound(instance, function)
        if decorators & {"property", "cached_property"}:
            return self._interpreter.run(function, Arguments((instance,)), None)
        return bound

    def put(self, value: Value, name: str, new: Value) -> None:
        """`value.name = new`."""
        for each in alternatives(value):
            if isinstance(each, Made):
                surely = not isinstance(value, Union)
                old = each.names.get(name)
                self._interpreter.regions.assign(
                    each.names, name, new if surely or old is None else union(old, new)
                )

    def put_named(self, value: Value, name: Value, new: Value) -> None:
        """`setattr`, with names of which only a part may be known."""
        for one in alternatives(name):
            if isinstance(one, Const) and isinstance(one.value, str):
                self.put(value, one.value, new)
                continue
            for each in alternatives(value):
                if isinstance(each, Made):
                    pattern = as_pattern(one)
                    old = each.patterns.get(pattern)
                    each.patterns[pattern] = new if old is None else union(old, new)

    def child(self, made: Made, name: str) -> Value | None:
        """The child of a name, from other methods than the constructor too."""
        self._interpreter.build(made)
        found = named(made, name)
        if found is None and isinstance(made.callee, Class):
            key = id(made), name
            if key not in self._searched:
                self._searched.add(key)
                self._run_methods_that_set(made, made.callee, name)
            found = named(made, name)
        return found

    def _run_methods_that_set(self, made: Made, owner: Class, name: str) -> None:
        for each in self._interpreter.classes.lineage(owner):
            if not isinstance(each, Class):
                continue
            for statement in statements_of(each.node.body):
                if not isinstance(statement, cst.FunctionDef) or statement.name.value in _RUN:
                    continue
                code = each.file.tree.code_for_node(statement)
                if f"self.{name}" not in code and f'"{name}"' not in code:
                    continue
                method = self._interpreter.classes.own_member(each, statement.name.value)
                if isinstance(method, Function):
                    with self._interpreter.regions.aside():
                        self._interpreter.run(method, Arguments((made,), {}, True), made.site)
                if name in made.names:
                    return


def _decorators(function: Function) -> set[str]:
    if isinstance(function.node, cst.Lambda):
        return set()
    names = [dotted(each.decorator) for each in function.node.decorators]
    return {each.rpartition(".")[2] for each in names}
