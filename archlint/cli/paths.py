"""From paths on the command line to model files."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from archlint.graph.read import STDIN

__all__ = ["FoundModel", "find_models"]

_SKIPPED_FOLDERS = frozenset({"__pycache__", "node_modules", "site-packages"})


@dataclass(frozen=True, slots=True)
class FoundModel:
    """A path to lint, or why there is nothing to lint there."""

    path: str
    error: str | None = None


def find_models(paths: Sequence[str]) -> tuple[FoundModel, ...]:
    """Each file as given and each folder's `*.onnx`, in the order of `paths`, none twice.

    Folders are searched all the way down in sorted order, except for hidden folders and those
    of package managers.  Paths come out relative to the working folder where they lie in it,
    and with forward slashes.
    """
    found: dict[str, FoundModel] = {}
    for path in paths:
        for each in _found(path):
            found.setdefault(os.path.realpath(each.path), each)
    return tuple(found.values())


def _found(path: str) -> Iterator[FoundModel]:
    shown = _shown(path)
    if path == STDIN:
        yield FoundModel(STDIN)
    elif not path or not os.path.lexists(path):
        yield FoundModel(shown, "no such file or folder")
    elif not os.path.isdir(path):
        yield FoundModel(shown)
    else:
        yield from _in_folder(path, shown)


def _in_folder(folder: str, shown: str) -> Iterator[FoundModel]:
    errors: list[OSError] = []
    count = 0
    for root, folders, files in os.walk(folder, onerror=errors.append):
        folders[:] = sorted(each for each in folders if _is_searched(each))
        for name in sorted(files):
            if name.lower().endswith(".onnx"):
                count += 1
                yield FoundModel(_shown(os.path.join(root, name)))
    for error in errors:
        where = _shown(os.fsdecode(error.filename)) if error.filename else shown
        yield FoundModel(where, f"cannot be searched: {error.strerror}")
    if not count and not errors:
        yield FoundModel(shown, "no .onnx file in this folder")


def _is_searched(folder: str) -> bool:
    return not folder.startswith(".") and folder not in _SKIPPED_FOLDERS


def _shown(path: str) -> str:
    absolute, here = Path(os.path.abspath(path)), Path.cwd()
    if path and absolute.is_relative_to(here):
        return absolute.relative_to(here).as_posix()
    return Path(path).as_posix() if path else '""'
