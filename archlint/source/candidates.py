"""Classes that look like whole networks, found by reading source; nothing is run."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from archlint.source.source_file import UNPARSABLE, last_name, parsed, read_text

__all__ = ["Candidate", "find_candidates"]

_MODULES = frozenset({"Module", "Sequential"})
_MOST_BYTES = 1_000_000


@dataclass(frozen=True, slots=True)
class Candidate:
    """A module class that no other class builds; `needs` are arguments without a default."""

    factory: str
    needs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Class:
    file: str
    node: ast.ClassDef
    bases: tuple[str, ...]
    is_module: bool


@dataclass(frozen=True, slots=True)
class _Source:
    classes: tuple[_Class, ...]
    functions: Mapping[str, frozenset[str]]
    """The names that each function speaks of."""


def find_candidates(files: Iterable[str]) -> tuple[Candidate, ...]:
    """The classes in these files that are a `nn.Module` and no part or base of another.

    Names are followed through all the files, as bases and through functions that classes call.
    Files that are no Python are left out.
    """
    sources = [_source(file) for file in files]
    modules = _modules([each for source in sources for each in source.classes])
    functions = {name: names for source in sources for name, names in source.functions.items()}
    used = {
        name
        for each in modules
        for name in _reached(_names(each.node), functions)
        if name != each.node.name
    }
    return tuple(
        Candidate(f"{each.file}:{each.node.name}", _needs(each, modules))
        for each in modules
        if each.node.name not in used and not each.node.name.startswith("_")
    )


def _source(file: str) -> _Source:
    path = Path(file)
    try:
        text = read_text(path) if path.stat().st_size <= _MOST_BYTES else None
        tree = parsed(text or "")
    except (OSError, *UNPARSABLE):
        return _Source((), {})
    torch = _torch_names(tree)
    return _Source(
        tuple(_class(file, node, torch) for node in tree.body if isinstance(node, ast.ClassDef)),
        {node.name: _names(node) for node in tree.body if isinstance(node, ast.FunctionDef)},
    )


def _class(file: str, node: ast.ClassDef, torch: set[str]) -> _Class:
    bases = [each for each in node.bases if isinstance(each, (ast.Name, ast.Attribute))]
    is_module = any(
        last_name(base) in _MODULES and ast.unparse(base).split(".")[0] in torch for base in bases
    )
    return _Class(file, node, tuple(map(last_name, bases)), is_module)


def _reached(names: frozenset[str], functions: Mapping[str, frozenset[str]]) -> set[str]:
    """These names and those that functions of these names speak of, and so on."""
    reached: set[str] = set()
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        if name not in reached:
            reached.add(name)
            waiting.extend(functions.get(name, ()))
    return reached


def _torch_names(tree: ast.Module) -> set[str]:
    """What a file calls torch and its things: nn, Module."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "torch":
            found.update({each.asname or each.name for each in node.names})
        elif isinstance(node, ast.Import):
            for each in node.names:
                if each.name.split(".")[0] == "torch":
                    found.add(each.asname or "torch")
    return found


def _modules(classes: list[_Class]) -> list[_Class]:
    """The modules among the classes, be it by way of other classes here."""
    names = {each.node.name for each in classes if each.is_module}
    while True:
        more = {
            each.node.name
            for each in classes
            if each.node.name not in names and names & set(each.bases)
        }
        if not more:
            return [each for each in classes if each.is_module or names & set(each.bases)]
        names |= more


def _names(node: ast.AST) -> frozenset[str]:
    """The names that a class or function speaks of, which its parts and bases are among."""
    found = (last_name(each) for each in ast.walk(node) if isinstance(each, ast.expr))
    return frozenset(each for each in found if each)


def _needs(found: _Class, modules: list[_Class]) -> tuple[str, ...]:
    by_name = {each.node.name: each for each in modules}
    seen: set[str] = set()
    at: _Class | None = found
    while at is not None and at.node.name not in seen:
        seen.add(at.node.name)
        for node in at.node.body:
            if isinstance(node, ast.FunctionDef) and node.name == "__init__":
                return _without_default(node.args)
        at = next((by_name[base] for base in at.bases if base in by_name), None)
    return ()


def _without_default(args: ast.arguments) -> tuple[str, ...]:
    every = [*args.posonlyargs, *args.args]
    positional = every[1 : len(every) - len(args.defaults)]
    keyword = [
        arg for arg, default in zip(args.kwonlyargs, args.kw_defaults, strict=True) if not default
    ]
    return tuple(each.arg for each in (*positional, *keyword))
