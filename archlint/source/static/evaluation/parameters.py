"""What the parameters of a function are when it is called."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from archlint.source.static.evaluation.tables import unknown_pairs
from archlint.source.static.values import value as v
from archlint.source.static.values.definitions import class_scope, module_scope
from archlint.source.static.values.environment import Environment
from archlint.source.static.values.items import flat
from archlint.source.static.values.unions import union

__all__ = ["bind"]


def bind(
    environment: Environment, function: v.Function, given: v.Arguments, scope: v.Scope
) -> None:
    """Put arguments to the names of parameters."""
    parameters, level = function.node.args, environment.regions.level
    around = function.around or module_scope(function.file)
    if function.owner is not None:
        around = class_scope(function.owner)
    rest: list[v.Item] = list(given.positional)
    keywords = dict(given.keywords)
    by_place = [*parameters.posonlyargs, *parameters.args]
    defaults = [*[None] * (len(by_place) - len(parameters.defaults)), *parameters.defaults]
    for each, default in zip(by_place, defaults, strict=True):
        first = rest[0] if rest else None
        if first is not None and not isinstance(first, (v.Repeat, v.Either)):
            del rest[0]
            scope.names[each.arg] = first
            if scope.self_value is None and function.owner is not None:
                scope.self_value = first
        elif each.arg in keywords:
            scope.names[each.arg] = keywords.pop(each.arg)
        else:
            scope.names[each.arg] = _default(environment, each, default, around, given, rest)
    if parameters.vararg is not None:
        scope.names[parameters.vararg.arg] = v.Series(rest, level)
    for each, default in zip(parameters.kwonlyargs, parameters.kw_defaults, strict=True):
        known = keywords.pop(each.arg, None)
        scope.names[each.arg] = (
            _default(environment, each, default, around, given, ()) if known is None else known
        )
    if parameters.kwarg is not None:
        pairs: list[v.Item] = [v.Series([v.Const(key), one]) for key, one in keywords.items()]
        if given.is_open:
            pairs.append(unknown_pairs())
        scope.names[parameters.kwarg.arg] = v.Table(v.Series(pairs, level))


def _default(
    environment: Environment,
    parameter: ast.arg,
    default: ast.expr | None,
    around: v.Scope,
    given: v.Arguments,
    rest: Sequence[v.Item],
) -> v.Value:
    found: v.Value = v.UNKNOWN if default is None else environment.value(default, around)
    if rest:
        return union(flat(rest), found)
    if not given.is_open:
        return found
    return union(found, _told(environment, parameter, around), v.UNKNOWN)


def _told(environment: Environment, parameter: ast.arg, scope: v.Scope) -> v.Value:
    """The classes of the roots that an annotation names."""
    inside = ast.walk(parameter.annotation) if parameter.annotation is not None else ()
    found = [environment.value(each, scope) for each in inside if isinstance(each, ast.Name)]
    return union(*(each for each in found if isinstance(each, v.Class)))
