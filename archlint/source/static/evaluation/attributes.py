"""Attributes: what `value.name` is, and what setting it does."""

from __future__ import annotations

import ast

from archlint.source.source_file import last_name
from archlint.source.static.evaluation.classes import Classes
from archlint.source.static.evaluation.containers import named
from archlint.source.static.evaluation.globals import Globals
from archlint.source.static.evaluation.module_methods import METHODS
from archlint.source.static.values import value as v
from archlint.source.static.values.environment import Environment
from archlint.source.static.values.unions import alternatives, as_pattern, union

__all__ = ["Attributes"]

_RUN = frozenset({"__init__", "forward"})


class Attributes:
    """Reads and sets attributes; those of instances once their constructor is followed."""

    def __init__(self, environment: Environment, names: Globals, classes: Classes) -> None:
        self._environment = environment
        self._globals = names
        self._classes = classes
        self._searched: set[tuple[int, str]] = set()

    def of(self, value: v.Value, name: str) -> v.Value:
        """`value.name`."""
        if isinstance(value, v.Union):
            return union(*(self.of(each, name) for each in value.values))
        if isinstance(value, (v.External, v.ModuleFile)):
            return self._globals.member_of(value, name)
        if isinstance(value, v.Class):
            return self._of_class(value, name)
        if isinstance(value, v.SuperOf):
            return self._inherited(value, name)
        if isinstance(value, v.Made):
            return self._of_instance(value, name)
        if isinstance(value, (v.Series, v.Table, v.Const)):
            return v.Bound(value, name)
        if isinstance(value, v.Partial) and name == "func":
            return value.function
        return v.UNKNOWN

    def _of_class(self, value: v.Class, name: str) -> v.Value:
        found = self._classes.member(value, name)
        if isinstance(found, v.Function) and "classmethod" in _decorators(found):
            return v.Bound(value, found)
        if found is None and name in ("__name__", "__qualname__"):
            return v.Const(value.name)
        return v.UNKNOWN if found is None else found

    def _inherited(self, value: v.SuperOf, name: str) -> v.Value:
        instance = value.instance
        kind = instance.callee if isinstance(instance, v.Made) else instance
        if isinstance(kind, v.Class):
            found = self._classes.member(kind, name, value.owner)
            if isinstance(found, v.Function):
                return self.method(instance, found)
            if found is not None:
                return found
        return v.Bound(instance, name) if isinstance(instance, v.Made) else v.UNKNOWN

    def _of_instance(self, made: v.Made, name: str) -> v.Value:
        self._environment.build(made)
        if name in made.names:
            return made.names[name]
        if name == "__class__" and made.callee is not v.UNKNOWN:
            return made.callee
        if isinstance(made.callee, v.Class):
            found = self._classes.member(made.callee, name)
            if isinstance(found, v.Function):
                return self.method(made, found)
            if found is not None:
                return found
        return v.Bound(made, name) if name in METHODS else v.UNKNOWN

    def method(self, instance: v.Value, function: v.Function) -> v.Value:
        """What a function of an instance's class is when it is asked of the instance."""
        decorators = _decorators(function)
        if "staticmethod" in decorators:
            return function
        if "classmethod" in decorators and isinstance(instance, v.Made):
            return v.Bound(instance.callee, function)
        if decorators & {"property", "cached_property"}:
            return self._environment.call(function, v.Arguments((instance,)), None)
        return v.Bound(instance, function)

    def put(self, value: v.Value, name: str, new: v.Value) -> None:
        """`value.name = new`."""
        for each in alternatives(value):
            if isinstance(each, v.Made):
                surely = not isinstance(value, v.Union)
                old = each.names.get(name)
                self._environment.regions.assign(
                    each.names, name, new if surely or old is None else union(old, new)
                )

    def put_named(self, value: v.Value, name: v.Value, new: v.Value) -> None:
        """`setattr`, with names of which only a part may be known."""
        for one in alternatives(name):
            if isinstance(one, v.Const) and isinstance(one.value, str):
                self.put(value, one.value, new)
                continue
            for each in alternatives(value):
                if isinstance(each, v.Made):
                    pattern = as_pattern(one)
                    old = each.patterns.get(pattern)
                    each.patterns[pattern] = new if old is None else union(old, new)

    def child(self, made: v.Made, name: str) -> v.Value | None:
        """The child of a name, from other methods than the constructor too."""
        self._environment.build(made)
        found = named(made, name)
        if found is None and isinstance(made.callee, v.Class):
            key = id(made), name
            if key not in self._searched:
                self._searched.add(key)
                self._run_methods_that_set(made, made.callee, name)
            found = named(made, name)
        return found

    def _run_methods_that_set(self, made: v.Made, owner: v.Class, name: str) -> None:
        for each in self._classes.lineage(owner):
            for statement in each.node.body if isinstance(each, v.Class) else ():
                if not isinstance(each, v.Class) or not isinstance(statement, ast.FunctionDef):
                    continue
                text = each.file.text_of(statement)
                if statement.name in _RUN or not (f"self.{name}" in text or f'"{name}"' in text):
                    continue
                method = self._classes.own_member(each, statement.name)
                if isinstance(method, v.Function):
                    with self._environment.regions.aside():
                        self._environment.call(method, v.Arguments((made,), {}, True), made.site)
                if name in made.names:
                    return


def _decorators(function: v.Function) -> set[str]:
    if isinstance(function.node, ast.Lambda):
        return set()
    return {last_name(each) for each in function.node.decorator_list}
