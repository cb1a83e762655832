"""The Python files inside the folders that the user gives."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path

from archlint.source.source_file import UNPARSABLE, read_text
from archlint.source.static.files.parsed import Parsed

__all__ = ["SourceTree"]

_SKIPPED = frozenset({"__pycache__", "node_modules", "site-packages", "dist-packages"})
_INSTALLED = re.compile(r"(?:site|dist)-packages|python3(?:\.\d+)?")
_CLASS = re.compile(r"^[ \t]*class[ \t]+(\w+)", re.M)
_MOST_FILES = 20_000
_MOST_BYTES = 4_000_000  # of one file; generated ones are no nets
_Parts = tuple[str, ...]


class SourceTree:
    """Files are read when they are asked for; paths are shown from the folder `start`."""

    def __init__(self, roots: Sequence[Path], start: Path) -> None:
        self._start = start
        self._roots = [Path(os.path.realpath(each)) for each in roots]
        self._parsed: dict[Path, Parsed | None] = {}
        self._texts: dict[Path, str | None] = {}

    @cached_property
    def files(self) -> Mapping[Path, _Parts]:
        """Each file with its path from its root, in the order of the roots and of the paths."""
        found: dict[Path, _Parts] = {}
        for root in self._roots:
            for path in _walk(root):
                if len(found) >= _MOST_FILES:
                    return found
                found.setdefault(path, path.relative_to(root).parts)
        return found

    def parsed(self, path: Path) -> Parsed | None:
        """A file inside the roots; None for others and for what is no Python as it stands."""
        if path not in self._parsed:
            text = self.text(path)
            self._parsed[path] = None if text is None else self._parse(path, text)
        return self._parsed[path]

    def text(self, path: Path) -> str | None:
        """The text of a file inside the roots."""
        if path not in self._texts:
            self._texts[path] = read_text(path) if path in self.files else None
        return self._texts[path]

    def _parse(self, path: Path, text: str) -> Parsed | None:
        inside = path.is_relative_to(self._start)
        shown = path.relative_to(self._start).as_posix() if inside else path.as_posix()
        try:
            return Parsed(path, shown, text)
        except UNPARSABLE:
            return None

    def imported(self, name: str, importer: Path) -> Path | None:
        """The file of a dotted module; the importer's folders count as on the module path."""
        parts = tuple(name.split("."))
        if parts[0] in sys.stdlib_module_names:
            return None
        bases = [base for root in self._roots for base in (root, root.parent)]
        for base in dict.fromkeys([*bases, *importer.parents]):
            found = self._module(base, parts)
            if found is not None:
                return found
        return None

    def relative(self, name: str, level: int, importer: Path) -> Path | None:
        """The file of `from ..name import`, where `level` counts the dots."""
        base = importer.parents[min(level, len(importer.parents)) - 1]
        return self._module(base, tuple(name.split(".")) if name else ())

    def _module(self, base: Path, parts: _Parts) -> Path | None:
        folder = base.joinpath(*parts)
        candidates = [folder / "__init__.py"]
        if parts:
            candidates.insert(0, folder.with_name(folder.name + ".py"))
        return next((each for each in candidates if each in self.files), None)

    def with_module(self, dotted: str) -> list[Path]:
        """The files that a dotted module may be, those that agree with most of its parts first."""
        parts = tuple(dotted.split("."))
        found = []
        for path in self.files:
            names = path.with_suffix("").parts
            if names[-1] == "__init__":
                names = names[:-1]
            same = _common_suffix(names, parts)
            if same:
                found.append((-same, path.as_posix(), path))
        return [path for _, _, path in sorted(found)]

    def with_class(self, name: str) -> list[Path]:
        """The files with a class of this name."""
        return [path for path in self.files if name in self._classes(path)]

    def with_forward(self) -> Iterator[tuple[Path, Sequence[str]]]:
        """The files in which something has a `forward`, with the names of their classes."""
        for path in self.files:
            if re.search(r"^[ \t]+(?:async[ \t]+)?def[ \t]+forward\b", self.text(path) or "", re.M):
                yield path, self._classes(path)

    def _classes(self, path: Path) -> Sequence[str]:
        return _CLASS.findall(self.text(path) or "")

    def recorded(self, file: str, path_map: Mapping[str, str]) -> Path | None:
        """The file inside the roots that a path of the exporting machine is; None for others."""
        for old in sorted(path_map, key=len, reverse=True):
            prefix = old.replace("\\", "/").rstrip("/")
            shown = file.replace("\\", "/")
            if shown == prefix or shown.startswith(prefix + "/"):
                mapped = Path(os.path.realpath(path_map[old] + shown[len(prefix) :]))
                if mapped in self.files:
                    return mapped
        here = Path(os.path.realpath(self._start / file))
        return here if here in self.files else self._by_suffix(file)

    def _by_suffix(self, file: str) -> Path | None:
        parts = tuple(each for each in file.replace("\\", "/").split("/") if each not in ("", "."))
        installed = max(
            (n for n, each in enumerate(parts) if _INSTALLED.fullmatch(each)), default=-1
        )
        needed = len(parts) - 1 - installed if installed >= 0 else 0
        best: tuple[int, Path] | None = None
        for path, inside in self.files.items():
            same = _common_suffix(path.parts, parts)
            enough = same >= 2 or same in (len(inside), len(parts))
            if enough and same >= max(needed, 1) and (best is None or same > best[0]):
                best = same, path
        return best[1] if best else None


def _walk(root: Path) -> Iterator[Path]:
    for folder, names, files in os.walk(root):
        names[:] = sorted(each for each in names if not _is_skipped(folder, each))
        for each in sorted(files):
            path = Path(folder, each)
            if each.endswith(".py") and not path.is_symlink() and _is_small_file(path):
                yield path


def _is_skipped(folder: str, name: str) -> bool:
    if name.startswith(".") or name in _SKIPPED:
        return True
    return os.path.exists(os.path.join(folder, name, "pyvenv.cfg"))


def _is_small_file(path: Path) -> bool:
    try:
        return path.is_file() and path.stat().st_size <= _MOST_BYTES
    except OSError:
        return False


def _common_suffix(one: _Parts, other: _Parts) -> int:
    same = 0
    for a, b in zip(reversed(one), reversed(other), strict=False):
        if a != b:
            break
        same += 1
    return same
