"""Dicts: their pairs, and their methods."""

from __future__ import annotations

from archlint.source.static.values import value as v
from archlint.source.static.values.environment import Environment
from archlint.source.static.values.items import argument, at, exact, flat, head, mapped
from archlint.source.static.values.unions import leaves, union

__all__ = [
    "call_table_method",
    "entry",
    "looked_up",
    "pairs_of",
    "put",
    "table_of",
    "unknown_pairs",
]


def unknown_pairs() -> v.Repeat:
    """Any number of pairs of which nothing is told."""
    return v.Repeat((v.Series([v.Text(".*"), v.UNKNOWN]),))


def entry(pair: v.Value, place: int) -> v.Value:
    """The key (0) or the value (1) of a pair."""
    return at(pair.items, v.Const(place)) if isinstance(pair, v.Series) else v.UNKNOWN


def pairs_of(value: v.Value) -> v.Items:
    """The pairs of a dict, or of a series of pairs."""
    if isinstance(value, v.Table):
        return value.pairs.items
    if isinstance(value, v.Series):
        return value.items
    if isinstance(value, v.Union):
        tables = [each for each in value.values if isinstance(each, v.Table)]
        if len(tables) == 1:
            return [*tables[0].pairs.items, unknown_pairs()]
        return [v.Repeat(tuple(each for one in value.values for each in pairs_of(one)))]
    return [unknown_pairs()]


def table_of(environment: Environment, given: v.Arguments) -> v.Table:
    """What `dict` makes of its arguments."""
    pairs: list[v.Item] = list(pairs_of(argument(given, 0))) if given.positional else []
    pairs += [v.Series([v.Const(key), each]) for key, each in given.keywords.items()]
    if given.is_open:
        pairs.append(unknown_pairs())
    return v.Table(v.Series(pairs, environment.regions.level))


def looked_up(table: v.Table, key: v.Value, default: v.Value = v.UNKNOWN) -> v.Value:
    """What a dict has under a key."""
    if isinstance(key, v.Const):
        for each in reversed(head(table.pairs.items)):
            if entry(each, 0) == key:
                return entry(each, 1)
    every = list(leaves(table.pairs.items))
    sure = all(isinstance(entry(each, 0), v.Const) for each in every)
    if isinstance(key, v.Const) and sure and exact(table.pairs.items) is not None:
        return default
    return union(*(entry(each, 1) for each in every), default)


def put(environment: Environment, table: v.Table, key: v.Value, value: v.Value) -> None:
    """`table[key] = value`."""
    series = table.pairs
    for place, each in enumerate(series.items):
        if isinstance(each, v.Series) and isinstance(key, v.Const) and entry(each, 0) == key:
            open_since = environment.regions.level > series.level
            series.items[place] = v.Series(
                [key, union(entry(each, 1), value) if open_since else value]
            )
            return
    environment.regions.append(series, v.Series([key, value]))


def call_table_method(
    environment: Environment, table: v.Table, name: str, given: v.Arguments
) -> v.Value:
    """A method of a dict."""
    series, first = table.pairs, argument(given, 0)
    if name == "items":
        return series
    if name in ("keys", "values"):
        place = 0 if name == "keys" else 1
        return v.Series(mapped(series.items, lambda each: entry(each, place)))
    if name in ("get", "pop"):
        default: v.Value = v.Const(None) if name == "get" else v.UNKNOWN
        return looked_up(table, first, argument(given, 1) if given.positional[1:] else default)
    if name == "copy":
        return v.Table(v.Series(list(series.items), environment.regions.level))
    if name == "setdefault":
        found = looked_up(table, first)
        if found is v.UNKNOWN:
            found = argument(given, 1)
            put(environment, table, first, found)
        return found
    if name == "update":
        extra: list[v.Item] = list(pairs_of(first)) if given.positional else []
        extra += [v.Series([v.Const(key), each]) for key, each in given.keywords.items()]
        for pair in extra:
            ends = pair.items if isinstance(pair, v.Series) else []
            if len(ends) == 2 and isinstance(ends[0], v.Const):
                put(environment, table, ends[0], flat(ends[1:]))
            else:
                environment.regions.append(series, pair)
        return v.Const(None)
    return v.UNKNOWN
