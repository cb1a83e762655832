"""Torch's containers of modules: Sequential, ModuleList, ModuleDict and what inherits them."""

from __future__ import annotations

import re

from archlint.source.static.evaluation.attributes import Attributes
from archlint.source.static.evaluation.classes import Classes
from archlint.source.static.evaluation.containers import call_method, item, iterated
from archlint.source.static.evaluation.module_methods import ITSELF
from archlint.source.static.evaluation.tables import pairs_of
from archlint.source.static.values import value as v
from archlint.source.static.values.environment import Environment
from archlint.source.static.values.items import argument, exact, mapped
from archlint.source.static.values.unions import alternatives, leaves

__all__ = ["TorchContainers"]

_NUMBERED = frozenset({"Sequential", "ModuleList"})
_DICTS = frozenset({"ModuleDict"})


class TorchContainers:
    """Fills them, and calls their methods."""

    def __init__(self, environment: Environment, classes: Classes, attributes: Attributes) -> None:
        self._environment = environment
        self._classes = classes
        self._attributes = attributes

    def new(
        self, callee: v.External | v.Unknown, given: v.Arguments, site: v.Site | None
    ) -> v.Made:
        """A new instance of a library's class; a container has its children at once."""
        made = v.Made(callee, given, site, v.Series([], self._environment.regions.level))
        if isinstance(callee, v.External):
            self.fill(made, given)
        return made

    def _kind_of(self, made: v.Made) -> str:
        """The last name of the library class that an instance is of, "" for none."""
        if isinstance(made.callee, v.Class):
            lineage = self._classes.lineage(made.callee)
            found = [each.last for each in lineage if isinstance(each, v.External)]
            return next((each for each in found if each in _NUMBERED | _DICTS), "")
        return made.callee.last if isinstance(made.callee, v.External) else ""

    def is_dict(self, made: v.Made) -> bool:
        """Whether an instance is a ModuleDict."""
        return self._kind_of(made) in _DICTS

    def joined(self, made: v.Made, more: v.Value) -> v.Value:
        """A container with more modules behind its own, as `+` makes it."""
        if self._kind_of(made) not in _NUMBERED:
            return v.UNKNOWN
        self._environment.build(made)
        items = [*made.items.items, *iterated(self._environment, more)]
        series = v.Series(items, self._environment.regions.level)
        return v.Made(made.callee, made.given, made.site, series, is_built=True)

    def fill(self, made: v.Made, given: v.Arguments) -> None:
        """Give a container the children that its constructor is called with."""
        kind = self._kind_of(made)
        if kind not in _NUMBERED | _DICTS:
            return
        items: v.Items = given.positional
        if not items and "modules" in given.keywords:
            items = (given.keywords["modules"],)
        first = (
            items[0] if len(items) == 1 and not isinstance(items[0], (v.Repeat, v.Either)) else None
        )
        for each in alternatives(first) if first is not None else ():
            if isinstance(each, v.Table) or kind in _DICTS:
                self._name_all(made, pairs_of(each))
                return
        if kind == "ModuleList":
            items = iterated(self._environment, first) if first is not None else ()
        self._environment.regions.append(made.items, *items)

    def _name_all(self, made: v.Made, pairs: v.Items) -> None:
        for pair in pairs:
            sure = not isinstance(pair, (v.Repeat, v.Either))
            for each in leaves([pair]):
                entry = exact(each.items) if isinstance(each, v.Series) else None
                if entry is not None and len(entry) == 2:
                    name = entry[0] if entry[0] is not v.UNKNOWN else v.Text(".*")
                    if not sure and isinstance(name, v.Const):
                        name = v.Text(re.escape(str(name.value)))
                    self._attributes.put_named(made, name, entry[1])

    def call(self, made: v.Made, name: str, given: v.Arguments) -> v.Value:
        """A method of a container of modules, or one that every module has."""
        if name == "__init__":
            self.fill(made, given)
            return v.Const(None)
        if name in ITSELF:
            return made
        self._environment.build(made)
        first = argument(given, 0, "module" if name == "append" else "name")
        if name in ("add_module", "register_module", "__setattr__"):
            self._attributes.put_named(made, first, argument(given, 1, "module"))
            return v.Const(None)
        if name == "update":
            self._name_all(made, pairs_of(first))
            return v.Const(None)
        if name in ("append", "extend", "insert"):
            call_method(self._environment, made.items, name, given)
            return made
        if name in ("children", "values", "modules"):
            return v.Series(_children(made), self._environment.regions.level)
        if name in ("items", "named_children", "named_modules"):
            return v.Series(mapped(_children(made), lambda each: v.Series([v.Text(".*"), each])))
        if name in ("pop", "get", "get_submodule", "__getitem__"):
            return item(self._environment, made, first)
        return v.UNKNOWN


def _children(made: v.Made) -> list[v.Item]:
    if made.items.items:
        return [*made.items.items]
    found: list[v.Item] = [
        each
        for each in made.names.values()
        if any(isinstance(one, v.Made) for one in alternatives(each))
    ]
    found += [v.Repeat((each,)) for each in made.patterns.values()]
    return found or ([v.Repeat((made,))] if isinstance(made.callee, v.External) else [])
