"""What statements do to names and objects."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any

from archlint.source.static.evaluation.branches import Flow, branches, loop, repeat
from archlint.source.static.evaluation.containers import iterated
from archlint.source.static.evaluation.globals import Globals
from archlint.source.static.evaluation.targets import Targets
from archlint.source.static.values import value as v
from archlint.source.static.values.arithmetic import operated
from archlint.source.static.values.definitions import defined
from archlint.source.static.values.environment import Environment
from archlint.source.static.values.truth import likely, truth
from archlint.source.static.values.unions import alternatives

__all__ = ["Statements"]

_ENDS = {ast.Break: Flow.BREAK, ast.Continue: Flow.CONTINUE, ast.Raise: Flow.RAISE}


class Statements:
    """Runs bodies of functions; branches and loops that are not decided run as regions."""

    def __init__(self, environment: Environment, outside: Globals, targets: Targets) -> None:
        self._environment = environment
        self._globals = outside
        self._targets = targets
        self._regions = environment.regions
        # by name, for Python 3.10 has no TryStar
        self._kinds: Mapping[str, Callable[[Any, v.Scope], Flow | None]] = {
            "AnnAssign": targets.assign, "Assign": targets.assign, "AsyncFor": self._for,
            "AsyncFunctionDef": self._define, "AsyncWith": self._with, "AugAssign": self._augment,
            "ClassDef": self._define, "Expr": self._expression, "For": self._for,
            "FunctionDef": self._define, "If": self._if, "Import": self._import,
            "ImportFrom": self._import, "Match": self._match, "Return": self._return,
            "Try": self._try, "TryStar": self._try, "While": self._while, "With": self._with,
        }  # fmt: skip

    def run(self, body: Iterable[ast.stmt], scope: v.Scope) -> Flow:
        """Run a body."""
        for each in body:
            if not self._environment.step():
                return Flow.NEXT
            kind = self._kinds.get(type(each).__name__)
            flow = _ENDS.get(type(each)) if kind is None else kind(each, scope)
            if flow is not None and flow is not Flow.NEXT:
                return flow
        return Flow.NEXT

    def _value(self, node: ast.expr, scope: v.Scope) -> v.Value:
        return self._environment.value(node, scope)

    def _expression(self, node: ast.Expr, scope: v.Scope) -> None:
        self._value(node.value, scope)

    def _return(self, node: ast.Return, scope: v.Scope) -> Flow:
        found = v.Const(None) if node.value is None else self._value(node.value, scope)
        scope.results.append(found)
        return Flow.RETURN

    def _define(
        self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef, scope: v.Scope
    ) -> None:
        self._regions.assign(scope.names, node.name, defined(node, scope))

    def _with(self, node: ast.With, scope: v.Scope) -> Flow:
        for each in node.items:
            found = self._value(each.context_expr, scope)
            if each.optional_vars is not None:
                self._targets.bind(each.optional_vars, found, scope)
        return self.run(node.body, scope)

    def _match(self, node: ast.Match, scope: v.Scope) -> Flow:
        self._value(node.subject, scope)
        return branches(self._regions, [partial(self.run, each.body, scope) for each in node.cases])

    def _augment(self, node: ast.AugAssign, scope: v.Scope) -> None:
        old, new = self._value(node.target, scope), self._value(node.value, scope)
        grown = [each for each in alternatives(old) if isinstance(each, (v.Series, v.Made))]
        if isinstance(node.op, ast.Add) and grown:
            for each in grown:
                series = each if isinstance(each, v.Series) else each.items
                self._regions.append(series, *iterated(self._environment, new))
        else:
            self._targets.bind(node.target, operated(node.op, old, new), scope)

    def _if(self, node: ast.If, scope: v.Scope) -> Flow:
        test = self._value(node.test, scope)
        told = truth(test)
        if told is not None:
            return self.run(node.body if told else node.orelse, scope)
        guess = likely(test)
        first, second = (node.orelse, node.body) if guess is False else (node.body, node.orelse)
        then = partial(self.run if guess is None else self._unlikely, second, scope)
        return branches(self._regions, [partial(self.run, first, scope), then])

    def _unlikely(self, body: Sequence[ast.stmt], scope: v.Scope) -> Flow:
        """Run a body whose results come after all others."""
        start = len(scope.results)
        flow = self.run(body, scope)
        scope.unlikely_results += scope.results[start:]
        del scope.results[start:]
        return flow

    def _try(self, node: ast.Try, scope: v.Scope) -> Flow:
        flow = self.run(node.body, scope)
        if flow is Flow.RAISE and node.handlers:
            handlers = [partial(self.run, each.body, scope) for each in node.handlers]
            flow = branches(self._regions, handlers)
        elif flow is Flow.NEXT:
            flow = self.run(node.orelse, scope)
        last = self.run(node.finalbody, scope)
        return flow if last is Flow.NEXT else last

    def _import(self, node: ast.Import | ast.ImportFrom, scope: v.Scope) -> None:
        for alias in node.names:
            name = alias.asname or alias.name.partition(".")[0]
            found = self._globals.imported(node, scope.file, name)
            self._regions.assign(scope.names, name, found)

    def _for(self, node: ast.For, scope: v.Scope) -> Flow:
        items = list(iterated(self._environment, self._value(node.iter, scope)))

        def turn(value: v.Value) -> Flow:
            self._targets.bind(node.target, value, scope)
            return self.run(node.body, scope)

        flow = loop(self._regions, items, turn, scope, [node.target, *node.body])
        if flow is Flow.NEXT:
            return self.run(node.orelse, scope)
        return Flow.NEXT if flow is Flow.BREAK else flow

    def _while(self, node: ast.While, scope: v.Scope) -> Flow:
        return repeat(self._regions, partial(self.run, node.body, scope), scope, node.body)
