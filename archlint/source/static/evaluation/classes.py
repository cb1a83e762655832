"""Classes of the roots: what they inherit, and what their bodies bind."""

from __future__ import annotations

import ast

from archlint.source.static.files.parsed import names_bound
from archlint.source.static.values import value as v
from archlint.source.static.values.definitions import class_scope, defined, module_scope
from archlint.source.static.values.environment import Environment
from archlint.source.static.values.unions import alternatives

__all__ = ["Classes"]


class Classes:
    """Looks up members of classes when somebody asks for them."""

    def __init__(self, environment: Environment) -> None:
        self._environment = environment
        self._members: dict[tuple[v.Class, str], v.Value | None] = {}
        self._bases: dict[v.Class, tuple[v.Value, ...]] = {}

    def lineage(self, owner: v.Class) -> list[v.Class | v.External]:
        """The class and those it inherits from, in the order in which they are asked."""
        found: list[v.Class | v.External] = [owner]
        for base in self._bases_of(owner):
            further = self.lineage(base) if isinstance(base, v.Class) else [base]
            for each in further:
                if isinstance(each, (v.Class, v.External)):
                    found = [one for one in found if not _is_same(one, each)] + [each]
        return found

    def _bases_of(self, owner: v.Class) -> tuple[v.Value, ...]:
        if owner not in self._bases:
            self._bases[owner] = ()  # while they are looked for: no class inherits from itself
            scope = owner.around or module_scope(owner.file)
            found = [self._environment.value(each, scope) for each in owner.node.bases]
            self._bases[owner] = tuple(
                next(
                    (one for one in alternatives(each) if isinstance(one, (v.Class, v.External))),
                    each,
                )
                for each in found
            )
        return self._bases[owner]

    def member(self, owner: v.Class, name: str, behind: v.Class | None = None) -> v.Value | None:
        """A class's attribute; with `behind`, that of those who are asked after this class."""
        lineage = self.lineage(owner)
        if behind is not None:
            places = [n for n, each in enumerate(lineage) if _is_same(each, behind)]
            lineage = lineage[places[0] + 1 :] if places else self.lineage(behind)[1:]
        for each in lineage:
            found = self.own_member(each, name) if isinstance(each, v.Class) else None
            if found is not None:
                return found
        return None

    def own_member(self, owner: v.Class, name: str) -> v.Value | None:
        """What the body of a class itself binds to a name."""
        key = owner, name
        if key not in self._members:
            self._members[key] = None  # while it is looked for
            with self._environment.regions.aside():
                self._members[key] = self._find_member(owner, name)
        return self._members[key]

    def _find_member(self, owner: v.Class, name: str) -> v.Value | None:
        scope = class_scope(owner)
        found: v.Value | None = None
        for each in owner.node.body:
            if isinstance(each, (ast.FunctionDef, ast.AsyncFunctionDef)) and each.name == name:
                found = v.Function(
                    owner.file, each, f"{owner.qualified}.{name}", owner.around, owner
                )
            elif isinstance(each, ast.ClassDef) and each.name == name:
                found = defined(each, scope)
            elif isinstance(each, (ast.Assign, ast.AnnAssign)):
                targets = each.targets if isinstance(each, ast.Assign) else [each.target]
                if any(name in names_bound(target) for target in targets):
                    self._environment.assign(each, scope)
                    found = scope.names.get(name, found)
        return found

    def function(self, owner: v.Class, name: str) -> v.Function | None:
        """A method of a class."""
        found = self.member(owner, name)
        return found if isinstance(found, v.Function) else None

    def has_own_forward(self, owner: v.Class) -> bool:
        """Whether the forward of a class is in the roots."""
        return self.member(owner, "forward") is not None


def _is_same(one: v.Class | v.External, other: v.Class | v.External) -> bool:
    if isinstance(one, v.Class) and isinstance(other, v.Class):
        return one.node is other.node
    return one == other
