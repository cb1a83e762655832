"""The targets of assignments."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from archlint.source.static.evaluation.attributes import Attributes
from archlint.source.static.evaluation.containers import iterated
from archlint.source.static.evaluation.subscripts import index_of
from archlint.source.static.evaluation.tables import put
from archlint.source.static.evaluation.torch_containers import TorchContainers
from archlint.source.static.values import value as v
from archlint.source.static.values.environment import Environment
from archlint.source.static.values.items import at, replaced, sliced
from archlint.source.static.values.unions import alternatives

__all__ = ["Targets"]


class Targets:
    """Puts values to names, attributes and places."""

    def __init__(
        self, environment: Environment, attributes: Attributes, containers: TorchContainers
    ) -> None:
        self._environment = environment
        self._attributes = attributes
        self._containers = containers

    def assign(self, node: ast.Assign | ast.AnnAssign, scope: v.Scope) -> None:
        """Bind the targets of an assignment."""
        if node.value is not None:
            value = self._environment.value(node.value, scope)
            for each in node.targets if isinstance(node, ast.Assign) else [node.target]:
                self.bind(each, value, scope)

    def bind(self, target: ast.expr, value: v.Value, scope: v.Scope) -> None:
        """Put a value to a target."""
        environment = self._environment
        if isinstance(target, ast.Name):
            environment.regions.assign(scope.names, target.id, value)
        elif isinstance(target, ast.Attribute):
            self._attributes.put(environment.value(target.value, scope), target.attr, value)
        elif isinstance(target, ast.Subscript):
            owner = environment.value(target.value, scope)
            index = index_of(environment, target, scope)
            for each in alternatives(owner):
                self._put(each, index, value, surely=not isinstance(owner, v.Union))
        elif isinstance(target, (ast.Tuple, ast.List)):
            self._unpack(target.elts, value, scope)

    def _put(self, owner: v.Value, index: v.Value, value: v.Value, *, surely: bool) -> None:
        surely = surely and not self._environment.regions.level
        if isinstance(owner, v.Made):
            self._environment.build(owner)
            if isinstance(index, v.Const) and isinstance(index.value, str):
                self._attributes.put(owner, index.value, value)
            elif isinstance(index, v.Text) or self._containers.is_dict(owner):
                self._attributes.put_named(owner, index, value)
            else:
                replaced(owner.items, index, value, surely=surely)
        elif isinstance(owner, v.Series):
            replaced(owner, index, value, surely=surely)
        elif isinstance(owner, v.Table):
            put(self._environment, owner, index, value)

    def _unpack(self, elements: Sequence[ast.expr], value: v.Value, scope: v.Scope) -> None:
        stars = [n for n, each in enumerate(elements) if isinstance(each, ast.Starred)]
        behind = len(elements) - stars[0] - 1 if stars else 0
        items = iterated(self._environment, value)
        for place, each in enumerate(elements):
            if isinstance(each, ast.Starred):
                end = v.Const(-behind if behind else None)
                rest = sliced(items, v.Const(place), end, v.Const(None))
                self.bind(each.value, v.Series(rest, self._environment.regions.level), scope)
            else:
                index = place - len(elements) if stars and place > stars[0] else place
                self.bind(each, at(items, v.Const(index)), scope)
