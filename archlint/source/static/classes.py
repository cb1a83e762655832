"""Classes of the roots: what they inherit, and what their bodies bind."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from archlint.source.static.parsed import statements_of
from archlint.source.static.values import Class, External, Function, Scope, Value, alternatives

if TYPE_CHECKING:
    from archlint.source.static.interpreter import Interpreter

__all__ = ["Classes", "names_in"]


class Classes:
    """Looks up members of classes when somebody asks for them."""

    def __init__(self, interpreter: Interpreter) -> None:
        self._interpreter = interpreter
        self._members: dict[tuple[Class, str], Value | None] = {}
        self._bases: dict[Class, tuple[Value, ...]] = {}

    def lineage(self, owner: Class) -> list[Class | External]:
        """The class and those it inherits from, in the order in which they are asked."""
        found: list[Class | External] = [owner]
        for base in self._bases_of(owner):
            further = self.lineage(base) if isinstance(base, Class) else [base]
            for each in further:
                if isinstance(each, (Class, External)):
                    found = [one for one in found if not _is_same(one, each)] + [each]
        return found

    def _bases_of(self, owner: Class) -> tuple[Value, ...]:
        if owner not in self._bases:
            self._bases[owner] = ()  # while they are looked for: no class inherits from itself
            scope = owner.around or Scope(owner.file, "<module>")
            found = [
                self._interpreter.expressions.value(each.value, scope) for each in owner.node.bases
            ]
            self._bases[owner] = tuple(
                next(
                    (one for one in alternatives(each) if isinstance(one, (Class, External))), each
                )
                for each in found
            )
        return self._bases[owner]

    def member(self, owner: Class, name: str, behind: Class | None = None) -> Value | None:
        """A class's attribute; with `behind`, that of those who are asked after this class."""
        lineage = self.lineage(owner)
        if behind is not None:
            places = [n for n, each in enumerate(lineage) if _is_same(each, behind)]
            lineage = lineage[places[0] + 1 :] if places else self.lineage(behind)[1:]
        for each in lineage:
            found = self.own_member(each, name) if isinstance(each, Class) else None
            if found is not None:
                return found
        return None

    def own_member(self, owner: Class, name: str) -> Value | None:
        """What the body of a class itself binds to a name."""
        key = owner, name
        if key not in self._members:
            self._members[key] = None  # while it is looked for
            with self._interpreter.regions.aside():
                self._members[key] = self._find_member(owner, name)
        return self._members[key]

    def _find_member(self, owner: Class, name: str) -> Value | None:
        scope = Scope(owner.file, owner.qualified, owner.around, owner=owner, is_class=True)
        found: Value | None = None
        for each in statements_of(owner.node.body):
            if isinstance(each, cst.FunctionDef) and each.name.value == name:
                qualified = f"{owner.qualified}.{name}"
                found = Function(owner.file, each, qualified, owner.around, owner)
            elif isinstance(each, cst.ClassDef) and each.name.value == name:
                found = self._interpreter.defined(each, scope)
            elif isinstance(each, (cst.Assign, cst.AnnAssign)) and _assigns(each, name):
                self._interpreter.statements.assign(each, scope)
                found = scope.names.get(name, found)
        return found

    def has_own_forward(self, owner: Class) -> bool:
        """Whether the forward of a class is in the roots."""
        return self.member(owner, "forward") is not None


def names_in(node: cst.CSTNode) -> list[cst.Name]:
    """The names inside a node."""
    if isinstance(node, cst.Name):
        return [node]
    return [name for child in node.children for name in names_in(child)]


def _is_same(one: Class | External, other: Class | External) -> bool:
    if isinstance(one, Class) and isinstance(other, Class):
        return one.node is other.node
    return one == other


def _assigns(statement: cst.Assign | cst.AnnAssign, name: str) -> bool:
    targets = (
        [each.target for each in statement.targets]
        if isinstance(statement, cst.Assign)
        else [statement.target]
    )
    return any(each.value == name for target in targets for each in names_in(target))
