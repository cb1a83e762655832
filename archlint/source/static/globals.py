"""What files of the roots bind at their top, imports included."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from archlint.source.static.parsed import Parsed
from archlint.source.static.values import UNKNOWN, External, ModuleFile, Scope, Value, union

if TYPE_CHECKING:
    from archlint.source.static.interpreter import Interpreter

__all__ = ["Globals", "dotted"]


class Globals:
    """Looks up names of files when somebody asks for them."""

    def __init__(self, interpreter: Interpreter) -> None:
        self._interpreter = interpreter
        self._globals: dict[tuple[Parsed, str], Value | None] = {}

    def value(self, file: Parsed, name: str) -> Value | None:
        """What a file binds to a name; None where it doesn't."""
        key = file, name
        if key not in self._globals:
            self._globals[key] = UNKNOWN  # while it is looked for
            with self._interpreter.regions.aside():
                self._globals[key] = self._find_global(file, name)
        return self._globals[key]

    def _find_global(self, file: Parsed, name: str) -> Value | None:
        bound = file.bindings.get(name)
        if bound:
            found = [self._bound(file, each, name) for each in bound[-4:]]
            return union(*reversed([each for each in found if each is not UNKNOWN]))
        for each in file.bindings.get("*", ()):
            if isinstance(each, cst.ImportFrom):
                module = self._module(each, file)
                if isinstance(module, ModuleFile):
                    found_there = self.value(module.file, name)
                    if found_there is not None:
                        return found_there
        if file.path.name == "__init__.py":
            return self._submodule(file, name)
        return None

    def _submodule(self, file: Parsed, name: str) -> Value | None:
        path = self._interpreter.tree.relative(name, 1, file.path)
        parsed = self._interpreter.tree.parsed(path) if path is not None else None
        return ModuleFile(parsed) if parsed is not None and parsed is not file else None

    def _bound(self, file: Parsed, statement: cst.CSTNode, name: str) -> Value:
        scope = Scope(file, "<module>")
        if isinstance(statement, (cst.Import, cst.ImportFrom)):
            return self.imported(statement, file, name)
        if isinstance(statement, (cst.FunctionDef, cst.ClassDef)):
            return self._interpreter.defined(statement, scope)
        if isinstance(statement, (cst.Assign, cst.AnnAssign)):
            self._interpreter.statements.assign(statement, scope)
            return scope.names.get(name, UNKNOWN)
        return UNKNOWN

    def imported(self, statement: cst.Import | cst.ImportFrom, file: Parsed, name: str) -> Value:
        """What an import binds to a name."""
        if isinstance(statement.names, cst.ImportStar):
            return UNKNOWN
        for alias in statement.names:
            name_there = dotted(alias.name)
            as_name = alias.asname.name if alias.asname else None
            bound = as_name.value if isinstance(as_name, cst.Name) else None
            if isinstance(statement, cst.ImportFrom):
                if (bound or name_there) == name:
                    return self.member_of(self._module(statement, file), name_there)
            elif (bound or name_there.partition(".")[0]) == name:
                return self._imported_module(name_there if bound else name, file)
        return UNKNOWN

    def _module(self, statement: cst.ImportFrom, file: Parsed) -> Value:
        name = dotted(statement.module) if statement.module is not None else ""
        if not statement.relative:
            return self._imported_module(name, file)
        path = self._interpreter.tree.relative(name, len(statement.relative), file.path)
        parsed = self._interpreter.tree.parsed(path) if path is not None else None
        return ModuleFile(parsed) if parsed is not None else External(name)

    def _imported_module(self, name: str, file: Parsed) -> Value:
        path = self._interpreter.tree.imported(name, file.path)
        parsed = self._interpreter.tree.parsed(path) if path is not None else None
        return ModuleFile(parsed) if parsed is not None else External(name)

    def member_of(self, module: Value, name: str) -> Value:
        """What a module has under a name."""
        if isinstance(module, ModuleFile):
            found = self.value(module.file, name)
            return UNKNOWN if found is None else found
        return External(f"{module.name}.{name}") if isinstance(module, External) else UNKNOWN


def dotted(node: cst.BaseExpression) -> str:
    """`a.b.c`, "" for what is no such name."""
    if isinstance(node, cst.Attribute):
        return f"{dotted(node.value)}.{node.attr.value}"
    return node.value if isinstance(node, cst.Name) else ""
