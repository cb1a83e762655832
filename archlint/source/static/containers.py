"""Lists, dicts and strings: what is in them, and their methods."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from archlint.source.static.arithmetic import formatted
from archlint.source.static.items import at, exact, flat, head, mapped
from archlint.source.static.values import (
    UNKNOWN,
    Arguments,
    Class,
    Const,
    External,
    Item,
    Items,
    Made,
    Repeat,
    Series,
    Table,
    Text,
    Union,
    Value,
    alternatives,
    leaves,
    union,
)

if TYPE_CHECKING:
    from archlint.source.static.interpreter import Interpreter

__all__ = ["argument", "call_method", "item", "iterated", "named", "pairs_of", "put"]

_MOST_CHARACTERS = 64


def named(made: Made, name: str) -> Value | None:
    """The attribute of a name, or what is set under a name of which a part is known."""
    if name in made.names:
        return made.names[name]
    found = [each for key, each in made.patterns.items() if re.fullmatch(key, name)]
    return union(*found) if found else None


def iterated(interpreter: Interpreter, value: Value) -> Items:
    """What a loop over a value goes through."""
    if isinstance(value, Series):
        return value.items
    if isinstance(value, Table):
        return mapped(value.pairs.items, lambda each: _entry(each, 0))
    if isinstance(value, Const) and isinstance(value.value, str):
        return [Const(each) for each in value.value[:_MOST_CHARACTERS]]
    if isinstance(value, Made):
        interpreter.build(value)
        return value.items.items or [Repeat((_any_child(value),))]
    if isinstance(value, Union):
        parts = [iterated(interpreter, each) for each in value.values]
        return [Repeat((flat([each for part in parts for each in part]),))]
    return [Repeat((UNKNOWN,))]


def _any_child(made: Made) -> Value:
    """What a library's module holds was made by the same call."""
    children = [*made.names.values(), *made.patterns.values()]
    if isinstance(made.callee, External):
        return union(made, *children) if made.callee.last != "ModuleDict" else union(*children)
    return union(*children)


def _entry(pair: Value, place: int) -> Value:
    return at(pair.items, Const(place)) if isinstance(pair, Series) else UNKNOWN


def pairs_of(value: Value) -> Items:
    """The pairs of a dict, or of a series of pairs."""
    if isinstance(value, Table):
        return value.pairs.items
    if isinstance(value, Series):
        return value.items
    if isinstance(value, Union):
        tables = [each for each in value.values if isinstance(each, Table)]
        if len(tables) == 1:
            return [*tables[0].pairs.items, *pairs_of(UNKNOWN)]
        found = [each for one in value.values for each in pairs_of(one)]
        return [Repeat(tuple(found))]
    return [Repeat((Series([Text(".*"), UNKNOWN]),))]


def item(interpreter: Interpreter, owner: Value, index: Value) -> Value:
    """`owner[index]`."""
    if isinstance(owner, Series):
        return union(*(at(owner.items, each) for each in alternatives(index)))
    if isinstance(owner, Table):
        return _looked_up(owner, index)
    if isinstance(owner, Made):
        interpreter.build(owner)
        if isinstance(index, Const) and isinstance(index.value, str):
            found = named(owner, index.value)
            return UNKNOWN if found is None else found
        return at(iterated(interpreter, owner), index)
    return owner if isinstance(owner, (Class, External)) else UNKNOWN


def _looked_up(table: Table, key: Value, default: Value | None = None) -> Value:
    if isinstance(key, Const):
        for each in reversed(head(table.pairs.items)):
            if _entry(each, 0) == key:
                return _entry(each, 1)
    every = [_entry(each, 1) for each in leaves(table.pairs.items)]
    known = [_entry(each, 0) for each in leaves(table.pairs.items)]
    sure = exact(table.pairs.items) is not None and all(isinstance(each, Const) for each in known)
    if isinstance(key, Const) and sure:
        return UNKNOWN if default is None else default
    return union(*every, UNKNOWN if default is None else default)


def put(interpreter: Interpreter, table: Table, key: Value, value: Value) -> None:
    """`table[key] = value`."""
    series = table.pairs
    for place, each in enumerate(series.items):
        if isinstance(each, Series) and isinstance(key, Const) and _entry(each, 0) == key:
            old = _entry(each, 1)
            new = union(old, value) if interpreter.regions.level > series.level else value
            series.items[place] = Series([key, new])
            return
    interpreter.regions.append(series, Series([key, value]))


def call_method(interpreter: Interpreter, owner: Value, name: str, given: Arguments) -> Value:
    """A method of a list, a dict or a string."""
    if isinstance(owner, Series):
        return _of_series(interpreter, owner, name, given)
    if isinstance(owner, Table):
        return _of_table(interpreter, owner, name, given)
    if isinstance(owner, Const) and isinstance(owner.value, str):
        return _of_text(interpreter, owner.value, name, given)
    return UNKNOWN


def argument(given: Arguments, place: int, name: str = "") -> Value:
    """An argument by its position, or by its name."""
    if name in given.keywords:
        return given.keywords[name]
    return at(given.positional, Const(place))


def _of_series(interpreter: Interpreter, series: Series, name: str, given: Arguments) -> Value:
    regions = interpreter.regions
    first = argument(given, 0)
    if name == "append":
        regions.append(series, argument(given, 0, "module"))
    elif name == "extend":
        regions.append(series, *iterated(interpreter, first))
    elif name == "insert":
        place = first.value if isinstance(first, Const) else None
        if not isinstance(place, int) or not 0 <= place <= len(head(series.items)):
            place = None
        regions.insert(series, place, argument(given, 1))
    elif name == "pop":
        index = first if given.positional else Const(-1)
        found = at(series.items, index)
        place = index.value if isinstance(index, Const) else None
        count = len(series.items) if exact(series.items) is not None else 0
        if isinstance(place, int) and -count <= place < count and series.level >= regions.level:
            del series.items[place]
        return found
    elif name == "reverse" and series.level >= regions.level:
        series.items.reverse()
    elif name == "copy":
        return Series(list(series.items), regions.level)
    elif name in ("index", "count", "__len__"):
        return UNKNOWN
    return Const(None)


def _of_table(interpreter: Interpreter, table: Table, name: str, given: Arguments) -> Value:
    series = table.pairs
    if name == "items":
        return series
    if name in ("keys", "values"):
        place = 0 if name == "keys" else 1
        return Series(mapped(series.items, lambda each: _entry(each, place)))
    if name in ("get", "pop"):
        default: Value | None = Const(None) if name == "get" else None
        if len(given.positional) > 1:
            default = argument(given, 1)
        return _looked_up(table, argument(given, 0), default)
    if name == "copy":
        return Table(Series(list(series.items), interpreter.regions.level))
    if name == "setdefault":
        found = _looked_up(table, argument(given, 0), UNKNOWN)
        if found is UNKNOWN:
            put(interpreter, table, argument(given, 0), argument(given, 1))
            return argument(given, 1)
        return found
    if name == "update":
        extra: list[Item] = list(pairs_of(argument(given, 0))) if given.positional else []
        extra += [Series([Const(key), each]) for key, each in given.keywords.items()]
        for pair in extra:
            entry = pair.items if isinstance(pair, Series) else []
            if len(entry) == 2 and isinstance(entry[0], Const):
                put(interpreter, table, entry[0], flat(entry[1:]))
            else:
                interpreter.regions.append(series, pair)
        return Const(None)
    return UNKNOWN


def _of_text(interpreter: Interpreter, text: str, name: str, given: Arguments) -> Value:
    del interpreter
    arguments: Iterable[Value] = leaves(given.positional)
    if name == "format":
        known = [each.value for each in arguments if isinstance(each, Const)]
        is_plain = re.fullmatch(r"[^{}]*(?:\{\d?\}[^{}]*)*", text) and not given.keywords
        if is_plain and len(known) == len(given.positional):
            try:
                return Const(text.format(*known))
            except (IndexError, ValueError):
                return UNKNOWN
        return formatted(text, r"\{[^{}]*\}")
    first = argument(given, 0)
    plain = {
        "lower": text.lower, "upper": text.upper, "strip": text.strip, "title": text.title,
    }  # fmt: skip
    if name in plain and not given.positional:
        return Const(plain[name]())
    if isinstance(first, Const) and isinstance(first.value, str):
        if name == "startswith":
            return Const(text.startswith(first.value))
        if name == "endswith":
            return Const(text.endswith(first.value))
        if name == "split" and first.value:
            return Series([Const(each) for each in text.split(first.value)])
        if name == "join":
            return UNKNOWN
    if name == "split" and not given.positional:
        return Series([Const(each) for each in text.split()])
    return UNKNOWN
