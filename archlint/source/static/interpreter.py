"""An abstract interpretation of constructors: which modules they make, and in which calls."""

from __future__ import annotations

from dataclasses import replace

import libcst as cst

from archlint.source.static.attributes import Attributes
from archlint.source.static.builtin_calls import BUILTINS, call_builtin, call_external
from archlint.source.static.classes import Classes
from archlint.source.static.containers import call_method
from archlint.source.static.expressions import Expressions
from archlint.source.static.globals import Globals
from archlint.source.static.module_containers import call_module_method, fill
from archlint.source.static.parameters import bind
from archlint.source.static.regions import Regions
from archlint.source.static.source_tree import SourceTree
from archlint.source.static.statements import Flow, Statements
from archlint.source.static.values import (
    UNKNOWN,
    Arguments,
    Bound,
    Builtin,
    Class,
    Const,
    External,
    Function,
    Made,
    Partial,
    Scope,
    Series,
    Site,
    Union,
    Unknown,
    Value,
    union,
)

__all__ = ["Interpreter"]

_MOST_STEPS = 400_000  # nodes evaluated; beyond, everything is unknown
_DEEPEST = 30  # calls
_MOST_AT_ONCE = 2  # calls of one function inside each other


class Interpreter:
    """Evaluates what the roots define; nothing of it is run.

    Constructors are followed when somebody asks for what they make.
    """

    def __init__(self, tree: SourceTree) -> None:
        self.tree = tree
        self.regions = Regions()
        self.expressions = Expressions(self)
        self.statements = Statements(self)
        self.globals = Globals(self)
        self.classes = Classes(self)
        self.attributes = Attributes(self)
        self._steps = 0
        self._depth = 0
        self._active: dict[cst.CSTNode, int] = {}

    @property
    def steps(self) -> int:
        """How many nodes were evaluated since the last renewal."""
        return self._steps

    def renew(self) -> None:
        """Allow as many steps as at the beginning."""
        self._steps = 0

    def step(self) -> bool:
        """Count a step; False once there have been too many."""
        self._steps += 1
        return self._steps <= _MOST_STEPS

    # names

    def name(self, name: str, scope: Scope) -> Value:
        """What a name means in a scope."""
        inner: Scope | None = scope
        while inner is not None:
            if name in inner.names:
                return inner.names[name]
            if inner.is_class and inner.owner is not None and inner is scope:
                found = self.classes.own_member(inner.owner, name)
                if found is not None:
                    return found
            inner = inner.around
        found = self.globals.value(scope.file, name)
        if found is not None:
            return found
        return Builtin(name) if name in BUILTINS else UNKNOWN

    # classes and functions

    def defined(self, node: cst.FunctionDef | cst.ClassDef, scope: Scope) -> Value:
        """The value of a definition."""
        qualified = self.qualified(node.name.value, scope)
        around = None if scope.qualified == "<module>" else scope
        if isinstance(node, cst.ClassDef):
            return Class(scope.file, node, qualified, around)
        return Function(scope.file, node, qualified, around)

    def qualified(self, name: str, scope: Scope) -> str:
        """The qualified name of what is defined in a scope."""
        if scope.qualified == "<module>":
            return name
        return (
            f"{scope.qualified}.{name}" if scope.is_class else f"{scope.qualified}.<locals>.{name}"
        )

    def build(self, made: Made) -> None:
        """Follow the constructor of an instance, once."""
        if made.is_built:
            return
        made.is_built = True
        if not isinstance(made.callee, Class):
            return
        constructor = self.classes.member(made.callee, "__init__")
        with self.regions.aside():
            if isinstance(constructor, Function):
                given = replace(made.given, positional=(made, *made.given.positional))
                self.run(constructor, given, made.site)
            else:
                fill(self, made, made.given)

    # calls

    def call(self, function: Value, given: Arguments, site: Site | None) -> Value:
        """What a call gives."""
        if not self.step():
            return UNKNOWN
        if isinstance(function, Union):
            return union(*(self.call(each, given, site) for each in function.values))
        if isinstance(function, Class):
            return Made(function, given, site, Series([], self.regions.level))
        if isinstance(function, Function):
            return self.run(function, given, site)
        if isinstance(function, Partial):
            return self.call(function.function, _joined(function.given, given), site)
        if isinstance(function, Bound):
            if isinstance(function.function, Function):
                own = replace(given, positional=(function.owner, *given.positional))
                return self.run(function.function, own, site)
            if isinstance(function.owner, Made):
                return call_module_method(self, function.owner, function.function, given)
            return call_method(self, function.owner, function.function, given)
        if isinstance(function, Builtin):
            return call_builtin(self, function.name, given, site)
        if isinstance(function, External):
            return call_external(self, function, given, site)
        if isinstance(function, Made):
            method = self._called(function)
            return UNKNOWN if method is None else self.call(method, given, site)
        return self.made(UNKNOWN, given, site)

    def made(self, callee: Class | External | Unknown, given: Arguments, site: Site | None) -> Made:
        """A new instance; a container of torch's has its children at once."""
        found = Made(callee, given, site, Series([], self.regions.level))
        if isinstance(callee, External):
            fill(self, found, given)
        return found

    def _called(self, made: Made) -> Value | None:
        if not isinstance(made.callee, Class) or self.classes.has_own_forward(made.callee):
            return None
        found = self.classes.member(made.callee, "__call__")
        return self.attributes.method(made, found) if isinstance(found, Function) else None

    def run(self, function: Function, given: Arguments, caller: Site | None) -> Value:
        """What a function returns when it is called with these arguments."""
        active = self._active.get(function.node, 0)
        if self._depth >= _DEEPEST or active >= _MOST_AT_ONCE or not self.step():
            return UNKNOWN
        scope = Scope(
            function.file, function.qualified, function.around, caller=caller, owner=function.owner
        )
        scope.yielded = Series([], self.regions.level)
        self._depth += 1
        self._active[function.node] = active + 1
        try:
            bind(self, function, given, scope)
            if isinstance(function.node, cst.Lambda):
                return self.expressions.value(function.node.body, scope)
            flow = self.statements.run(function.node.body, scope)
        except RecursionError:
            return UNKNOWN
        finally:
            self._depth -= 1
            self._active[function.node] = active
        if scope.yielded.items:
            return scope.yielded
        if flow is Flow.RAISE and not (scope.results or scope.unlikely_results):
            return UNKNOWN
        if flow is Flow.NEXT:
            scope.results.append(Const(None))
        return union(*scope.results, *scope.unlikely_results)


def _joined(first: Arguments, then: Arguments) -> Arguments:
    return Arguments(
        (*first.positional, *then.positional),
        {**first.keywords, **then.keywords},
        first.is_open or then.is_open,
    )
