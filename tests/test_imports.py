"""No files import each other in a circle, be it only for their types."""

from __future__ import annotations

import ast
import os
from collections.abc import Iterator, Mapping
from pathlib import Path

import networkx as nx
import pytest

import archlint


def modules(package: Path) -> dict[str, Path]:
    """The files of a package by their dotted names, behind links too."""
    found = {}
    for folder, _, files in os.walk(package, followlinks=True):
        for file in files:
            path = Path(folder, file)
            if path.suffix == ".py":
                parts = path.relative_to(package.parent).with_suffix("").parts
                found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def imported(path: Path, known: Mapping[str, Path]) -> Iterator[str]:
    """The modules among the known ones that a file imports anywhere."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [each.name for each in node.names]
        elif isinstance(node, ast.ImportFrom):
            inside = [f"{node.module}.{each.name}" for each in node.names]
            names = [each if each in known else str(node.module) for each in inside]
        yield from (each for each in names if each in known)


def circles(package: Path) -> list[list[str]]:
    known = modules(package)
    graph = nx.DiGraph((name, each) for name in known for each in imported(known[name], known))
    found = [sorted(each) for each in nx.strongly_connected_components(graph) if len(each) > 1]
    return sorted(found)


def test_no_files_of_archlint_import_each_other_in_a_circle() -> None:
    package = Path(archlint.__file__).parent
    assert {"archlint.linter.source", "archlint.rules.g4_elementwise.rule"} <= set(modules(package))
    assert circles(package) == []


@pytest.mark.parametrize("line", ["from net.b import B", "import net.b", "from net import b"])
def test_a_circle_for_types_only_is_found(tmp_path: Path, line: str) -> None:
    package = tmp_path / "net"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "a.py").write_text(
        f"from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    {line}\n"
    )
    (package / "b.py").write_text("from net.a import A\n")
    assert circles(package) == [["net.a", "net.b"]]
