"""Comprehensions: loops that make a list or a dict."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from archlint.source.static.evaluation.branches import Flow, loop
from archlint.source.static.evaluation.containers import iterated
from archlint.source.static.evaluation.targets import Targets
from archlint.source.static.values import value as v
from archlint.source.static.values.environment import Environment
from archlint.source.static.values.truth import truth

__all__ = ["comprehension"]

_Comprehension = ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp


def comprehension(
    environment: Environment, targets: Targets, node: _Comprehension, scope: v.Scope
) -> v.Value:
    """What a comprehension makes."""
    inner = v.Scope(
        scope.file, scope.qualified, scope, {}, scope.caller, scope.owner, scope.self_value
    )
    found = v.Series([], environment.regions.level)

    def element() -> v.Value:
        if isinstance(node, ast.DictComp):
            return v.Series([environment.value(each, inner) for each in (node.key, node.value)])
        return environment.value(node.elt, inner)

    def follow(part: ast.comprehension, rest: Sequence[ast.comprehension]) -> None:
        def turn(value: v.Value) -> Flow:
            targets.bind(part.target, value, inner)
            tests = [truth(environment.value(each, inner)) for each in part.ifs]
            if False in tests:
                return Flow.NEXT
            start = len(found.items)
            environment.regions.touch(found)
            if rest:
                follow(rest[0], rest[1:])
            else:
                environment.regions.append(found, element())
            if None in tests and found.items[start:]:
                found.items[start:] = [v.Either((tuple(found.items[start:]), ()))]
            return Flow.NEXT

        items = iterated(environment, environment.value(part.iter, inner))
        loop(environment.regions, list(items), turn, inner)

    follow(node.generators[0], node.generators[1:])
    return v.Table(found) if isinstance(node, ast.DictComp) else found
