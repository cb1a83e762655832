"""What a definition in a scope binds."""

from __future__ import annotations

import ast

from archlint.source.static.files.parsed import Parsed
from archlint.source.static.values import value as v

__all__ = ["class_scope", "defined", "module_scope"]

_Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.ClassDef
_TOP = "<module>"


def defined(node: _Definition, scope: v.Scope) -> v.Class | v.Function:
    """The class or function that is defined in a scope."""
    name = "<lambda>" if isinstance(node, ast.Lambda) else node.name
    if scope.qualified != _TOP:
        name = f"{scope.qualified}{'' if scope.is_class else '.<locals>'}.{name}"
    around = None if scope.qualified == _TOP else scope
    if isinstance(node, ast.ClassDef):
        return v.Class(scope.file, node, name, around)
    return v.Function(scope.file, node, name, around)


def module_scope(file: Parsed) -> v.Scope:
    """The names at the top of a file."""
    return v.Scope(file, _TOP)


def class_scope(owner: v.Class) -> v.Scope:
    """The names of a class's body."""
    return v.Scope(owner.file, owner.qualified, owner.around, owner=owner, is_class=True)
