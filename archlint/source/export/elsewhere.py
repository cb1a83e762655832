"""A model of another version of the source, in a folder of its own."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from archlint.source.export.failure import Failure

__all__ = ["Elsewhere", "check_imports", "redirect_imports"]

_OWN = Path(__file__).resolve().parents[2]
_INSTALLED = frozenset({"site-packages", "dist-packages"})


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """`root` holds what another folder, `instead_of`, holds too, in another version.

    `folder` is the working folder there, `name` what the user calls that version.
    """

    root: str
    instead_of: str
    folder: str
    name: str = ""

    def of(self, path: Path) -> Path:
        """Where a file of the one folder is in the other; one outside of it is where it is."""
        for whole in map(Path, (os.path.abspath(path), os.path.realpath(path))):
            if whole.is_relative_to(self.instead_of):
                return Path(self.root) / whole.relative_to(self.instead_of)
        return path

    def told(self, text: str) -> str:
        """A text that names files of the other version, as git names them."""
        return text.replace(f"{self.root}{os.sep}", f"{self.name}:")


def redirect_imports(elsewhere: Elsewhere) -> None:
    """Have Python look in the other version wherever it would look in this one."""
    here = Path(elsewhere.instead_of).resolve()
    for number, entry in enumerate(sys.path):
        path = Path(entry).resolve()
        if _is_of(path, here) and path != _OWN.parent:
            sys.path[number] = str(Path(elsewhere.root) / path.relative_to(here))


def check_imports(elsewhere: Elsewhere) -> None:
    """Raise Failure if a module came from this version all the same."""
    here = Path(elsewhere.instead_of).resolve()
    for name, module in sorted(sys.modules.items()):
        path = _file_of(module)
        if path is not None and _is_of(path, here) and not path.is_relative_to(_OWN):
            raise Failure(
                f"Python imports {name} from the working tree and not from the revision; "
                "is it installed in editable mode?"
            )


def _file_of(module: ModuleType) -> Path | None:
    """The file of a module; None for one without, or with a name that is no place.

    torch.ops, made while torch is imported, calls its file `_ops.py`.
    """
    file = getattr(module, "__file__", None)
    return Path(file).resolve() if isinstance(file, str) and os.path.isabs(file) else None


def _is_of(path: Path, folder: Path) -> bool:
    """Whether a path is in a folder, and not in an environment that lies there."""
    if not path.is_relative_to(folder) or not _INSTALLED.isdisjoint(path.parts):
        return False
    prefixes = {Path(each).resolve() for each in (sys.prefix, sys.base_prefix)}
    return not any(path.is_relative_to(each) for each in prefixes if each != folder)
