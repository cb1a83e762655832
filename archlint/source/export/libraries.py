"""Which files are a library's and not the user's."""

from __future__ import annotations

import os
import sysconfig
from collections.abc import Iterable
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path

__all__ = ["Libraries"]

_OWN = str(Path(__file__).resolve().parents[2])
_ALWAYS = ("torch",)


class Libraries:
    """The folders of Python itself, of torch, of archlint and of the packages named."""

    def __init__(self, packages: Iterable[str] = ()) -> None:
        self._packages = tuple(packages)
        self._known: dict[str, bool] = {}

    @cached_property
    def folders(self) -> tuple[str, ...]:
        """Each with a separator behind it; Python's own first."""
        paths = sysconfig.get_paths()
        found = [paths["stdlib"], paths["platstdlib"], _OWN]
        for package in (*_ALWAYS, *self._packages):
            spec = find_spec(package)
            found += (spec and spec.submodule_search_locations) or ()
        return tuple(dict.fromkeys(os.path.join(each, "") for each in found))

    def holds(self, file: str) -> bool:
        """Whether a file is a library's, or none at all ("<string>")."""
        known = self._known.get(file)
        if known is None:
            known = self._known[file] = self._find(file)
        return known

    def _find(self, file: str) -> bool:
        if not os.path.isabs(file):
            return True
        if not file.startswith(self.folders):
            return False
        # packages are installed inside Python's own folder
        rest = file.removeprefix(self.folders[0])
        if rest.startswith(("site-packages", "dist-packages")):
            return file.startswith(self.folders[2:])
        return True
