"""What is in a value, and the methods of Python's own containers."""

from __future__ import annotations

import re

from archlint.source.static.evaluation.tables import call_table_method, entry, looked_up
from archlint.source.static.evaluation.texts import call_text_method
from archlint.source.static.values import value as v
from archlint.source.static.values.environment import Environment
from archlint.source.static.values.items import argument, at, exact, flat, head, mapped
from archlint.source.static.values.unions import alternatives, union

__all__ = ["call_method", "item", "iterated", "named"]

_MOST_CHARACTERS = 64


def named(made: v.Made, name: str) -> v.Value | None:
    """The attribute of a name, or what is set under a name of which a part is known."""
    if name in made.names:
        return made.names[name]
    found = [each for key, each in made.patterns.items() if re.fullmatch(key, name)]
    return union(*found) if found else None


def iterated(environment: Environment, value: v.Value) -> v.Items:
    """What a loop over a value goes through."""
    if isinstance(value, v.Series):
        return value.items
    if isinstance(value, v.Table):
        return mapped(value.pairs.items, lambda each: entry(each, 0))
    if isinstance(value, v.Const) and isinstance(value.value, str):
        return [v.Const(each) for each in value.value[:_MOST_CHARACTERS]]
    if isinstance(value, v.Made):
        environment.build(value)
        return value.items.items or [v.Repeat((_any_child(value),))]
    if isinstance(value, v.Union):
        parts = [iterated(environment, each) for each in value.values]
        return [v.Repeat((flat([each for part in parts for each in part]),))]
    return [v.Repeat((v.UNKNOWN,))]


def _any_child(made: v.Made) -> v.Value:
    """What a library's module holds was made by the same call."""
    children = [*made.names.values(), *made.patterns.values()]
    if isinstance(made.callee, v.External) and made.callee.last != "ModuleDict":
        return union(made, *children)
    return union(*children)


def item(environment: Environment, owner: v.Value, index: v.Value) -> v.Value:
    """`owner[index]`."""
    if isinstance(owner, v.Series):
        return union(*(at(owner.items, each) for each in alternatives(index)))
    if isinstance(owner, v.Table):
        return looked_up(owner, index)
    if isinstance(owner, v.Made):
        environment.build(owner)
        if isinstance(index, v.Const) and isinstance(index.value, str):
            found = named(owner, index.value)
            return v.UNKNOWN if found is None else found
        return at(iterated(environment, owner), index)
    return owner if isinstance(owner, (v.Class, v.External)) else v.UNKNOWN


def call_method(environment: Environment, owner: v.Value, name: str, given: v.Arguments) -> v.Value:
    """A method of a list, a dict or a string."""
    if isinstance(owner, v.Series):
        return _of_series(environment, owner, name, given)
    if isinstance(owner, v.Table):
        return call_table_method(environment, owner, name, given)
    if isinstance(owner, v.Const) and isinstance(owner.value, str):
        return call_text_method(owner.value, name, given)
    return v.UNKNOWN


def _of_series(
    environment: Environment, series: v.Series, name: str, given: v.Arguments
) -> v.Value:
    regions, first = environment.regions, argument(given, 0)
    if name == "append":
        regions.append(series, argument(given, 0, "module"))
    elif name == "extend":
        regions.append(series, *iterated(environment, first))
    elif name == "insert":
        place = first.value if isinstance(first, v.Const) else None
        if not isinstance(place, int) or not 0 <= place <= len(head(series.items)):
            place = None
        regions.insert(series, place, argument(given, 1))
    elif name == "pop":
        index = first if given.positional else v.Const(-1)
        found = at(series.items, index)
        place = index.value if isinstance(index, v.Const) else None
        count = len(series.items) if exact(series.items) is not None else 0
        if isinstance(place, int) and -count <= place < count and series.level >= regions.level:
            del series.items[place]
        return found
    elif name == "reverse" and series.level >= regions.level:
        series.items.reverse()
    elif name == "copy":
        return v.Series(list(series.items), regions.level)
    elif name in ("index", "count", "__len__"):
        return v.UNKNOWN
    return v.Const(None)
