"""Names: what they mean where they are written."""

from __future__ import annotations

from collections.abc import Set

from archlint.source.static.evaluation.classes import Classes
from archlint.source.static.evaluation.globals import Globals
from archlint.source.static.values import value as v

__all__ = ["Names"]


class Names:
    """Looks up names, from the inside out; `builtins` are those of Python's own that are known."""

    def __init__(self, outside: Globals, classes: Classes, builtins: Set[str]) -> None:
        self._globals = outside
        self._classes = classes
        self._builtins = builtins

    def value(self, name: str, scope: v.Scope) -> v.Value:
        """What a name means in a scope."""
        inner: v.Scope | None = scope
        while inner is not None:
            if name in inner.names:
                return inner.names[name]
            if inner.is_class and inner.owner is not None and inner is scope:
                found = self._classes.own_member(inner.owner, name)
                if found is not None:
                    return found
            inner = inner.around
        found = self._globals.value(scope.file, name)
        if found is not None:
            return found
        return v.Builtin(name) if name in self._builtins else v.UNKNOWN
