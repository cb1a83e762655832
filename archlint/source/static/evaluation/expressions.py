"""What expressions of a constructor can be."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from typing import Any

from archlint.source.static.evaluation.arguments import arguments, series
from archlint.source.static.evaluation.attributes import Attributes
from archlint.source.static.evaluation.comprehensions import comprehension
from archlint.source.static.evaluation.containers import iterated
from archlint.source.static.evaluation.names import Names
from archlint.source.static.evaluation.subscripts import subscript
from archlint.source.static.evaluation.tables import pairs_of
from archlint.source.static.evaluation.targets import Targets
from archlint.source.static.evaluation.texts import joined_text
from archlint.source.static.evaluation.torch_containers import TorchContainers
from archlint.source.static.values import value as v
from archlint.source.static.values.arithmetic import operated
from archlint.source.static.values.comparison import compared
from archlint.source.static.values.definitions import defined
from archlint.source.static.values.environment import Environment
from archlint.source.static.values.truth import likely, truth
from archlint.source.static.values.unions import alternatives, union

__all__ = ["Expressions"]


class Expressions:
    """Evaluates expressions."""

    def __init__(
        self,
        environment: Environment,
        names: Names,
        attributes: Attributes,
        containers: TorchContainers,
        targets: Targets,
    ) -> None:
        self._environment = environment
        self._names = names
        self._attributes = attributes
        self._containers = containers
        self._targets = targets
        self._kinds: Mapping[type[ast.expr], Callable[[Any, v.Scope], v.Value]] = {
            ast.Attribute: self._attribute, ast.Await: self._await, ast.BinOp: self._operation,
            ast.BoolOp: self._and_or, ast.Call: self._call, ast.Compare: self._comparison,
            ast.Constant: self._constant, ast.Dict: self._dict, ast.DictComp: self._comprehension,
            ast.GeneratorExp: self._comprehension, ast.IfExp: self._choice,
            ast.JoinedStr: self._text, ast.Lambda: defined, ast.List: self._list,
            ast.ListComp: self._comprehension, ast.Name: self._name, ast.NamedExpr: self._named,
            ast.Set: self._list, ast.SetComp: self._comprehension, ast.Subscript: self._subscript,
            ast.Tuple: self._list, ast.UnaryOp: self._unary, ast.Yield: self._yield,
            ast.YieldFrom: self._yield_from,
        }  # fmt: skip

    def value(self, node: ast.expr, scope: v.Scope) -> v.Value:
        """What an expression is; UNKNOWN where the source does not tell."""
        kind = self._kinds.get(type(node))
        return kind(node, scope) if kind is not None and self._environment.step() else v.UNKNOWN

    def _name(self, node: ast.Name, scope: v.Scope) -> v.Value:
        return self._names.value(node.id, scope)

    def _constant(self, node: ast.Constant, scope: v.Scope) -> v.Value:
        del scope
        if node.value is None or isinstance(node.value, (int, float, str)):
            return v.Const(node.value)
        return v.UNKNOWN

    def _text(self, node: ast.JoinedStr, scope: v.Scope) -> v.Value:
        return joined_text(self._environment, node, scope)

    def _attribute(self, node: ast.Attribute, scope: v.Scope) -> v.Value:
        return self._attributes.of(self.value(node.value, scope), node.attr)

    def _subscript(self, node: ast.Subscript, scope: v.Scope) -> v.Value:
        return subscript(self._environment, node, scope)

    def _list(self, node: ast.Tuple | ast.List | ast.Set, scope: v.Scope) -> v.Value:
        items = series(self._environment, node.elts, scope)
        return v.Series(items, self._environment.regions.level)

    def _dict(self, node: ast.Dict, scope: v.Scope) -> v.Value:
        pairs: list[v.Item] = []
        for key, value in zip(node.keys, node.values, strict=True):
            found = self.value(value, scope)
            if key is None:
                pairs += pairs_of(found)
            else:
                pairs.append(v.Series([self.value(key, scope), found]))
        return v.Table(v.Series(pairs, self._environment.regions.level))

    def _comprehension(
        self, node: ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp, scope: v.Scope
    ) -> v.Value:
        return comprehension(self._environment, self._targets, node, scope)

    def _choice(self, node: ast.IfExp, scope: v.Scope) -> v.Value:
        test = self.value(node.test, scope)
        told = truth(test)
        if told is not None:
            return self.value(node.body if told else node.orelse, scope)
        ways = (node.body, node.orelse) if likely(test) is not False else (node.orelse, node.body)
        return union(*(self.value(each, scope) for each in ways))

    def _and_or(self, node: ast.BoolOp, scope: v.Scope) -> v.Value:
        ending = isinstance(node.op, ast.Or)
        left = self.value(node.values[0], scope)
        for each in node.values[1:]:
            told = truth(left)
            if told is None:
                known = [one for one in alternatives(left) if truth(one) in (None, ending)]
                left = union(*known, self.value(each, scope))
            elif told is not ending:
                left = self.value(each, scope)
        return left

    def _unary(self, node: ast.UnaryOp, scope: v.Scope) -> v.Value:
        value = self.value(node.operand, scope)
        if isinstance(node.op, ast.Not):
            found = [truth(each) for each in alternatives(value)]
            return union(*(v.UNKNOWN if each is None else v.Const(not each) for each in found))
        if isinstance(node.op, ast.USub):
            return operated(ast.Sub(), v.Const(0), value)
        return value if isinstance(node.op, ast.UAdd) else v.UNKNOWN

    def _operation(self, node: ast.BinOp, scope: v.Scope) -> v.Value:
        left, right = self.value(node.left, scope), self.value(node.right, scope)
        if isinstance(left, v.Made) and isinstance(node.op, ast.Add):
            return self._containers.joined(left, right)
        return operated(node.op, left, right)

    def _comparison(self, node: ast.Compare, scope: v.Scope) -> v.Value:
        left = self.value(node.left, scope)
        told: set[bool | None] = {True}
        for kind, each in zip(node.ops, node.comparators, strict=True):
            right = self.value(each, scope)
            found = compared(kind, left, right)
            if found == {False}:
                return v.Const(False)
            told = found if told == {True} else {None}
            left = right
        return union(*(v.UNKNOWN if each is None else v.Const(each) for each in told))

    def _named(self, node: ast.NamedExpr, scope: v.Scope) -> v.Value:
        value = self.value(node.value, scope)
        self._targets.bind(node.target, value, scope)
        return value

    def _await(self, node: ast.Await, scope: v.Scope) -> v.Value:
        return self.value(node.value, scope)

    def _yield(self, node: ast.Yield, scope: v.Scope) -> v.Value:
        if scope.yielded is not None and node.value is not None:
            self._environment.regions.append(scope.yielded, self.value(node.value, scope))
        return v.UNKNOWN

    def _yield_from(self, node: ast.YieldFrom, scope: v.Scope) -> v.Value:
        if scope.yielded is not None:
            items = iterated(self._environment, self.value(node.value, scope))
            self._environment.regions.append(scope.yielded, *items)
        return v.UNKNOWN

    def _call(self, node: ast.Call, scope: v.Scope) -> v.Value:
        function = self.value(node.func, scope)
        if function == v.Builtin("super"):
            return self._super(node, scope)
        given = arguments(self._environment, node, scope)
        site = v.Site(scope.file, node, scope.qualified, scope.caller)
        return self._environment.call(function, given, site)

    def _super(self, node: ast.Call, scope: v.Scope) -> v.Value:
        inner: v.Scope | None = scope
        while inner is not None and (inner.self_value is None or inner.owner is None):
            inner = inner.around
        if inner is None or inner.self_value is None or inner.owner is None:
            return v.UNKNOWN
        owner = inner.owner
        if node.args:
            told = self.value(node.args[0], scope)
            owner = told if isinstance(told, v.Class) else owner
        return v.SuperOf(owner, inner.self_value)
