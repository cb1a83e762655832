"""What files of the roots bind at their top, imports included."""

from __future__ import annotations

import ast
from pathlib import Path

from archlint.source.static.files.parsed import Parsed
from archlint.source.static.files.source_tree import SourceTree
from archlint.source.static.values import value as v
from archlint.source.static.values.definitions import defined, module_scope
from archlint.source.static.values.environment import Environment
from archlint.source.static.values.unions import union

__all__ = ["Globals"]


class Globals:
    """Looks up names of files when somebody asks for them."""

    def __init__(self, environment: Environment, tree: SourceTree) -> None:
        self._environment = environment
        self._tree = tree
        self._globals: dict[tuple[Parsed, str], v.Value | None] = {}

    def value(self, file: Parsed, name: str) -> v.Value | None:
        """What a file binds to a name; None where it doesn't."""
        key = file, name
        if key not in self._globals:
            self._globals[key] = v.UNKNOWN  # while it is looked for
            with self._environment.regions.aside():
                self._globals[key] = self._find_global(file, name)
        return self._globals[key]

    def _find_global(self, file: Parsed, name: str) -> v.Value | None:
        bound = file.bindings.get(name)
        if bound:
            found = [self._bound(file, each, name) for each in bound[-4:]]
            return union(*reversed([each for each in found if each is not v.UNKNOWN]))
        for each in file.bindings.get("*", ()):
            if isinstance(each, ast.ImportFrom):
                module = self._module(each, file)
                if isinstance(module, v.ModuleFile):
                    found_there = self.value(module.file, name)
                    if found_there is not None:
                        return found_there
        if file.real_path.name == "__init__.py":
            submodule = self._file(self._tree.relative(name, 1, file.real_path), name)
            if isinstance(submodule, v.ModuleFile) and submodule.file is not file:
                return submodule
        return None

    def _bound(self, file: Parsed, statement: ast.stmt, name: str) -> v.Value:
        scope = module_scope(file)
        if isinstance(statement, (ast.Import, ast.ImportFrom)):
            return self.imported(statement, file, name)
        if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            return defined(statement, scope)
        if isinstance(statement, (ast.Assign, ast.AnnAssign)):
            self._environment.assign(statement, scope)
            return scope.names.get(name, v.UNKNOWN)
        return v.UNKNOWN

    def imported(self, statement: ast.Import | ast.ImportFrom, file: Parsed, name: str) -> v.Value:
        """What an import binds to a name."""
        for alias in statement.names:
            if isinstance(statement, ast.ImportFrom):
                if (alias.asname or alias.name) == name:
                    return self.member_of(self._module(statement, file), alias.name)
            elif (alias.asname or alias.name.partition(".")[0]) == name:
                there = alias.name if alias.asname else name
                return self._file(self._tree.imported(there, file.real_path), there)
        return v.UNKNOWN

    def _module(self, statement: ast.ImportFrom, file: Parsed) -> v.Value:
        name = statement.module or ""
        if statement.level:
            return self._file(self._tree.relative(name, statement.level, file.real_path), name)
        return self._file(self._tree.imported(name, file.real_path), name)

    def _file(self, path: Path | None, name: str) -> v.Value:
        parsed = self._tree.parsed(path) if path is not None else None
        return v.ModuleFile(parsed) if parsed is not None else v.External(name)

    def member_of(self, module: v.Value, name: str) -> v.Value:
        """What a module has under a name."""
        if isinstance(module, v.ModuleFile):
            found = self.value(module.file, name)
            return v.UNKNOWN if found is None else found
        return v.External(f"{module.name}.{name}") if isinstance(module, v.External) else v.UNKNOWN
