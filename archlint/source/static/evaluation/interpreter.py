"""An abstract interpretation of constructors: which modules they make, and in which calls."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import replace

from archlint.source.static.evaluation.attributes import Attributes
from archlint.source.static.evaluation.branches import Flow
from archlint.source.static.evaluation.builtins import Builtins
from archlint.source.static.evaluation.classes import Classes
from archlint.source.static.evaluation.containers import call_method
from archlint.source.static.evaluation.expressions import Expressions
from archlint.source.static.evaluation.globals import Globals
from archlint.source.static.evaluation.libraries import call_external
from archlint.source.static.evaluation.names import Names
from archlint.source.static.evaluation.parameters import bind
from archlint.source.static.evaluation.statements import Statements
from archlint.source.static.evaluation.targets import Targets
from archlint.source.static.evaluation.torch_containers import TorchContainers
from archlint.source.static.files.parsed import Parsed
from archlint.source.static.files.source_tree import SourceTree
from archlint.source.static.values import value as v
from archlint.source.static.values.regions import Regions
from archlint.source.static.values.unions import union

__all__ = ["Interpreter"]

_MOST_STEPS = 400_000  # nodes evaluated; beyond, everything is unknown
_DEEPEST = 30  # calls
_MOST_AT_ONCE = 2  # calls of one function inside each other


class Interpreter:
    """Evaluates what the roots define; nothing of it is run.

    It is the environment of its parts.  Constructors are followed when somebody asks for what
    they make.
    """

    def __init__(self, tree: SourceTree) -> None:
        self.tree = tree
        self.regions: Regions = Regions()
        self.globals: Globals = Globals(self, tree)
        self.classes: Classes = Classes(self)
        self.attributes: Attributes = Attributes(self, self.globals, self.classes)
        self._containers = TorchContainers(self, self.classes, self.attributes)
        self._targets = Targets(self, self.attributes, self._containers)
        self._builtins = Builtins(self, self.classes, self.attributes)
        names = Names(self.globals, self.classes, self._builtins.names)
        self._expressions = Expressions(
            self, names, self.attributes, self._containers, self._targets
        )
        self._statements = Statements(self, self.globals, self._targets)
        self._steps = 0
        self._depth = 0
        self._active: dict[ast.AST, int] = {}

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

    def value(self, node: ast.expr, scope: v.Scope) -> v.Value:
        """What an expression is; UNKNOWN where the source does not tell."""
        return self._expressions.value(node, scope)

    def assign(self, node: ast.Assign | ast.AnnAssign, scope: v.Scope) -> None:
        """Bind the targets of an assignment."""
        self._targets.assign(node, scope)

    def networks(self, file: Parsed) -> Iterator[v.Class]:
        """The classes with a forward that a file binds at its top."""
        for name in file.bindings:
            found = self.globals.value(file, name)
            if isinstance(found, v.Class) and self.classes.has_own_forward(found):
                yield found

    def build(self, made: v.Made) -> None:
        """Follow the constructor of an instance, once."""
        if made.is_built:
            return
        made.is_built = True
        if not isinstance(made.callee, v.Class):
            return
        constructor = self.classes.function(made.callee, "__init__")
        with self.regions.aside():
            if constructor is not None:
                self._run(constructor, _before(made.given, made), made.site)
            else:
                self._containers.fill(made, made.given)

    def call(self, function: v.Value, given: v.Arguments, site: v.Site | None) -> v.Value:
        """What a call gives."""
        if not self.step():
            return v.UNKNOWN
        if isinstance(function, v.Union):
            return union(*(self.call(each, given, site) for each in function.values))
        if isinstance(function, v.Class):
            return v.Made(function, given, site, v.Series([], self.regions.level))
        if isinstance(function, v.Function):
            return self._run(function, given, site)
        if isinstance(function, v.Partial):
            return self.call(function.function, _joined(function.given, given), site)
        if isinstance(function, v.Bound):
            if isinstance(function.function, v.Function):
                return self._run(function.function, _before(given, function.owner), site)
            if isinstance(function.owner, v.Made):
                return self._containers.call(function.owner, function.function, given)
            return call_method(self, function.owner, function.function, given)
        if isinstance(function, v.Builtin):
            return self._builtins.call(function.name, given, site)
        if isinstance(function, v.External):
            return call_external(self, self._containers, function, given, site)
        if isinstance(function, v.Made):
            method = self._called(function)
            return v.UNKNOWN if method is None else self.call(method, given, site)
        return self._containers.new(v.UNKNOWN, given, site)

    def _called(self, made: v.Made) -> v.Value | None:
        if not isinstance(made.callee, v.Class) or self.classes.has_own_forward(made.callee):
            return None
        found = self.classes.function(made.callee, "__call__")
        return None if found is None else self.attributes.method(made, found)

    def _run(self, function: v.Function, given: v.Arguments, caller: v.Site | None) -> v.Value:
        """What a function returns when it is called with these arguments."""
        active = self._active.get(function.node, 0)
        if self._depth >= _DEEPEST or active >= _MOST_AT_ONCE or not self.step():
            return v.UNKNOWN
        scope = v.Scope(
            function.file, function.qualified, function.around, caller=caller, owner=function.owner
        )
        scope.yielded = v.Series([], self.regions.level)
        self._depth += 1
        self._active[function.node] = active + 1
        try:
            bind(self, function, given, scope)
            if isinstance(function.node, ast.Lambda):
                return self.value(function.node.body, scope)
            flow = self._statements.run(function.node.body, scope)
        except RecursionError:
            return v.UNKNOWN
        finally:
            self._depth -= 1
            self._active[function.node] = active
        if scope.yielded.items:
            return scope.yielded
        if flow is Flow.RAISE and not (scope.results or scope.unlikely_results):
            return v.UNKNOWN
        if flow is Flow.NEXT:
            scope.results.append(v.Const(None))
        return union(*scope.results, *scope.unlikely_results)


def _before(given: v.Arguments, first: v.Value) -> v.Arguments:
    return replace(given, positional=(first, *given.positional))


def _joined(first: v.Arguments, then: v.Arguments) -> v.Arguments:
    return v.Arguments(
        (*first.positional, *then.positional),
        {**first.keywords, **then.keywords},
        first.is_open or then.is_open,
    )
