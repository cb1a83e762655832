"""What the parameters of a function are when it is called."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import libcst as cst

from archlint.source.static.classes import names_in
from archlint.source.static.items import flat
from archlint.source.static.values import (
    UNKNOWN,
    Arguments,
    Class,
    Const,
    Either,
    Function,
    Item,
    Repeat,
    Scope,
    Series,
    Table,
    Text,
    Value,
    union,
)

if TYPE_CHECKING:
    from archlint.source.static.interpreter import Interpreter

__all__ = ["bind"]


def bind(interpreter: Interpreter, function: Function, given: Arguments, scope: Scope) -> None:
    """Put arguments to the names of parameters."""
    parameters = function.node.params
    around = function.around or Scope(function.file, "<module>")
    if function.owner is not None:
        around = Scope(
            function.file, function.owner.qualified, function.around, owner=function.owner,
            is_class=True,
        )  # fmt: skip
    rest: list[Item] = list(given.positional)
    keywords = dict(given.keywords)
    for each in (*parameters.posonly_params, *parameters.params):
        name = each.name.value
        if rest and not isinstance(rest[0], (Repeat, Either)):
            scope.names[name] = rest[0]
            del rest[0]
            if scope.self_value is None and function.owner is not None:
                scope.self_value = scope.names[name]
        elif name in keywords:
            scope.names[name] = keywords.pop(name)
        else:
            scope.names[name] = _default(interpreter, each, around, given, rest)
    if isinstance(parameters.star_arg, cst.Param):
        scope.names[parameters.star_arg.name.value] = Series(rest, interpreter.regions.level)
    for each in parameters.kwonly_params:
        name = each.name.value
        known = keywords.pop(name, None)
        scope.names[name] = (
            _default(interpreter, each, around, given, ()) if known is None else known
        )
    if parameters.star_kwarg is not None:
        pairs: list[Item] = [Series([Const(key), one]) for key, one in keywords.items()]
        if given.is_open:
            pairs.append(Repeat((Series([Text(".*"), UNKNOWN]),)))
        table = Table(Series(pairs, interpreter.regions.level))
        scope.names[parameters.star_kwarg.name.value] = table


def _default(
    interpreter: Interpreter,
    parameter: cst.Param,
    around: Scope,
    given: Arguments,
    rest: Sequence[Item],
) -> Value:
    found: Value = UNKNOWN
    if parameter.default is not None:
        found = interpreter.expressions.value(parameter.default, around)
    if rest:
        return union(flat(rest), found)
    return union(found, _told(interpreter, parameter, around), UNKNOWN) if given.is_open else found


def _told(interpreter: Interpreter, parameter: cst.Param, scope: Scope) -> Value:
    """The classes of the roots that an annotation names."""
    if parameter.annotation is None:
        return UNKNOWN
    names = [each.value for each in names_in(parameter.annotation.annotation)]
    found = [interpreter.name(each, scope) for each in names]
    return union(*(each for each in found if isinstance(each, Class)))
