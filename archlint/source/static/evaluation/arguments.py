"""The arguments that a call is written with."""

from __future__ import annotations

import ast

from archlint.source.static.evaluation.containers import iterated
from archlint.source.static.evaluation.tables import pairs_of
from archlint.source.static.values import value as v
from archlint.source.static.values.environment import Environment
from archlint.source.static.values.items import exact

__all__ = ["arguments", "series"]


def arguments(environment: Environment, node: ast.Call, scope: v.Scope) -> v.Arguments:
    """What a call is given."""
    positional = series(environment, node.args, scope)
    keywords: dict[str, v.Value] = {}
    is_open = False
    for each in node.keywords:
        found = environment.value(each.value, scope)
        if each.arg is not None:
            keywords[each.arg] = found
            continue
        for pair in pairs_of(found):
            entry = exact(pair.items) if isinstance(pair, v.Series) else None
            if entry is not None and len(entry) == 2 and isinstance(entry[0], v.Const):
                keywords[str(entry[0].value)] = entry[1]
            else:
                is_open = True
    return v.Arguments(tuple(positional), keywords, is_open)


def series(environment: Environment, elements: list[ast.expr], scope: v.Scope) -> list[v.Item]:
    """The values of elements; a starred one gives what is in it."""
    items: list[v.Item] = []
    for each in elements:
        if isinstance(each, ast.Starred):
            items += iterated(environment, environment.value(each.value, scope))
        else:
            items.append(environment.value(each, scope))
    return items
