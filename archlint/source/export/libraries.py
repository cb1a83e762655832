"""Which files are a library's and not the user's."""

from __future__ import annotations

import os
import sysconfig
from collections.abc import Iterable
from importlib.util import find_spec
from pathlib import Path

__all__ = ["Libraries"]

_OWN = str(Path(__file__).resolve().parents[2])
_ALWAYS = ("torch", "onnxscript")
_INSTALLED = ("site-packages", "dist-packages")


class Libraries:
    """Folders, each with a separator behind it, whose files are no user's.

    Packages are installed inside Python's own folder: of these only the named ones count.
    """

    def __init__(self, folders: Iterable[str]) -> None:
        self.folders: tuple[str, ...] = tuple(folders)
        self._known: dict[str, bool] = {}

    @classmethod
    def of(cls, packages: Iterable[str] = ()) -> Libraries:
        """Python's own folders, those of torch and of archlint, and those of the packages."""
        paths = sysconfig.get_paths()
        found = [paths["stdlib"], paths["platstdlib"], _OWN]
        for package in (*_ALWAYS, *packages):
            spec = find_spec(package)
            found += (spec and spec.submodule_search_locations) or ()
        return cls(dict.fromkeys(os.path.join(each, "") for each in found))

    def holds(self, file: str) -> bool:
        """Whether a file is a library's, or none at all ("<string>")."""
        known = self._known.get(file)
        if known is None:
            known = self._known[file] = self._find(file)
        return known

    def _find(self, file: str) -> bool:
        if not os.path.isabs(file):
            return True
        inside = [file.removeprefix(each) for each in self.folders if file.startswith(each)]
        return any(not each.startswith(_INSTALLED) for each in inside)
