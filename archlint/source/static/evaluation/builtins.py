"""Calls of Python's own functions."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Set

from archlint.source.static.evaluation.attributes import Attributes
from archlint.source.static.evaluation.branches import Flow, loop
from archlint.source.static.evaluation.classes import Classes
from archlint.source.static.evaluation.containers import iterated
from archlint.source.static.evaluation.kinds import is_instance, is_subclass
from archlint.source.static.evaluation.numbers import NUMBERS, extreme
from archlint.source.static.evaluation.tables import table_of
from archlint.source.static.values import value as v
from archlint.source.static.values.definitions import module_scope
from archlint.source.static.values.environment import Environment
from archlint.source.static.values.items import argument, at, counted, exact, flat, zipped
from archlint.source.static.values.truth import truth
from archlint.source.static.values.unions import as_pattern, leaves, union

__all__ = ["Builtins"]

_SAME_ITEMS = ("list", "tuple", "set", "iter", "sorted", "frozenset")
_Call = Callable[[v.Arguments], v.Value]


class Builtins:
    """Evaluates calls of builtin functions."""

    def __init__(self, environment: Environment, classes: Classes, attributes: Attributes) -> None:
        self._environment = environment
        self._classes = classes
        self._attributes = attributes
        self._functions: Mapping[str, _Call] = {
            **NUMBERS,
            **dict.fromkeys(_SAME_ITEMS, self._series),
            **{name: self._number_of(name) for name in ("max", "min", "sum")},
            "all": lambda given: self._told(given, ending=False),
            "any": lambda given: self._told(given, ending=True),
            "dict": lambda given: table_of(environment, given),
            "enumerate": self._enumerate,
            "filter": lambda given: v.Series([v.Repeat((flat(self._items(given, 1)),))]),
            "getattr": self._getattr,
            "hasattr": self._hasattr,
            "isinstance": lambda given: is_instance(classes, given),
            "issubclass": lambda given: is_subclass(classes, given),
            "len": self._len,
            "next": lambda given: at(self._items(given), v.Const(0)),
            "reversed": self._reversed,
            "setattr": self._setattr,
            "type": _type,
            "zip": self._zip,
        }

    @property
    def names(self) -> Set[str]:
        """The functions that are known."""
        return self._functions.keys() | {"map", "super"}

    def call(self, name: str, given: v.Arguments, site: v.Site | None) -> v.Value:
        """What a builtin function gives."""
        if name == "map":
            return self._mapped(given, site)
        found = self._functions.get(name)
        return v.UNKNOWN if found is None else found(given)

    def _items(self, given: v.Arguments, place: int = 0) -> v.Items:
        return iterated(self._environment, argument(given, place))

    def _series(self, given: v.Arguments) -> v.Value:
        items = self._items(given) if given.positional else ()
        return v.Series(list(items), self._environment.regions.level)

    def _mapped(self, given: v.Arguments, site: v.Site | None) -> v.Value:
        regions = self._environment.regions
        function, found = argument(given, 0), v.Series([], regions.level)

        def turn(value: v.Value) -> Flow:
            regions.append(found, self._environment.call(function, v.Arguments((value,)), site))
            return Flow.NEXT

        if site is not None:
            loop(regions, list(self._items(given, 1)), turn, module_scope(site.file))
        return found

    def _enumerate(self, given: v.Arguments) -> v.Value:
        start = given.keywords.get("start", v.Const(0))
        start = argument(given, 1) if len(given.positional) > 1 else start
        return v.Series(counted(self._items(given), start))

    def _zip(self, given: v.Arguments) -> v.Value:
        return v.Series(zipped([self._items(given, n) for n in range(len(given.positional))]))

    def _reversed(self, given: v.Arguments) -> v.Value:
        items = [
            v.Repeat(tuple(each.items[::-1])) if isinstance(each, v.Repeat) else each
            for each in self._items(given)
        ]
        return v.Series(items[::-1])

    def _len(self, given: v.Arguments) -> v.Value:
        value = argument(given, 0)
        if isinstance(value, v.Const) and isinstance(value.value, str):
            return v.Const(len(value.value))
        if isinstance(value, v.Made):
            self._environment.build(value)
            value = value.items if value.items.items else v.UNKNOWN
        value = value.pairs if isinstance(value, v.Table) else value
        known = exact(value.items) if isinstance(value, v.Series) else None
        return v.UNKNOWN if known is None else v.Const(len(known))

    def _number_of(self, name: str) -> _Call:
        def number(given: v.Arguments) -> v.Value:
            items = self._items(given) if len(given.positional) == 1 else given.positional
            return v.UNKNOWN if given.keywords else extreme(name, items)

        return number

    def _told(self, given: v.Arguments, *, ending: bool) -> v.Value:
        """What `any` (which ends at True) and `all` say."""
        items = self._items(given)
        told = {truth(each) for each in leaves(items)}
        if exact(items) is not None and ending in told:
            return v.Const(ending)
        return v.UNKNOWN if told - {not ending} else v.Const(not ending)

    def _getattr(self, given: v.Arguments) -> v.Value:
        owner, name = argument(given, 0), argument(given, 1)
        if isinstance(name, v.Const) and isinstance(name.value, str):
            found = self._attributes.of(owner, name.value)
            return argument(given, 2) if found is v.UNKNOWN else found
        if isinstance(owner, v.Made):
            self._environment.build(owner)
            pattern = as_pattern(name)
            known = [each for key, each in owner.names.items() if re.fullmatch(pattern, key)]
            known += [each for key, each in owner.patterns.items() if key == pattern]
            return union(*known)
        return v.UNKNOWN

    def _setattr(self, given: v.Arguments) -> v.Value:
        self._attributes.put_named(argument(given, 0), argument(given, 1), argument(given, 2))
        return v.Const(None)

    def _hasattr(self, given: v.Arguments) -> v.Value:
        owner, name = argument(given, 0), argument(given, 1)
        if isinstance(owner, v.Made) and isinstance(name, v.Const):
            found = self._attributes.of(owner, str(name.value))
            return v.UNKNOWN if found is v.UNKNOWN else v.Const(True)
        return v.UNKNOWN


def _type(given: v.Arguments) -> v.Value:
    value = argument(given, 0)
    return value.callee if isinstance(value, v.Made) else v.UNKNOWN
