"""Where the files of targets lie: a folder for each, ``NAME/{target.toml, rows.csv}``.

In the old layout a folder of targets held ``targets/NAME.toml`` and a table for each rule's
folder, ``*/costs/NAME.csv``.  What users measured then is still found here.
"""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from archlint.cost.pricing.table import SHARED, TableFile
from archlint.errors import TargetError
from archlint.limits.files import read_bounded
from archlint.limits.toml_file import parse_toml

__all__ = [
    "FILE",
    "ROWS",
    "SHIPPED",
    "TargetFiles",
    "files_of",
    "find_target",
    "list_targets",
    "name_now",
    "old_tables",
    "rule_of_folder",
]

FILE, ROWS = "target.toml", "rows.csv"

_TABLE = re.compile(rb"(?m)^\[")

SHIPPED = Path(__file__).parents[1] / "targets"
"""The folder of the targets that come with archlint."""


@dataclass(frozen=True, slots=True)
class TargetFiles:
    """The files of a target: what it is, and its rows."""

    name: str
    file: Path
    tables: tuple[TableFile, ...]

    @property
    def is_old(self) -> bool:
        """Whether one of them has the old layout."""
        return self.file.name != FILE or any(table.rule for table in self.tables)

    @property
    def head(self) -> dict[str, Any]:
        """What its file says before the first table, at little cost; {} where that is broken."""
        with suppress(TargetError):  # why, is told where the target is loaded
            return self._head()
        return {}

    @property
    def groups(self) -> tuple[str, ...]:
        """The groups that it stands for its device in; () where its file is broken."""
        with suppress(TargetError):
            return self.told_groups()
        return ()

    def told_groups(self) -> tuple[str, ...]:
        """The groups that its file says; raises TargetError where that is broken."""
        said = self._head().get("groups", [])
        if isinstance(said, list):
            return tuple(filter(None, said))
        raise TargetError(f"{self.file}: groups: expected a list, found {said!r}")

    def _head(self) -> dict[str, Any]:
        try:
            return parse_toml(_TABLE.split(read_bounded(self.file), maxsplit=1)[0])
        except (OSError, ValueError) as fault:
            raise TargetError(f"{self.file}: not a target file: {fault}") from fault

    @property
    def folder(self) -> Path:
        """The folder of targets that it lies in."""
        return self.file.parents[1]


@cache
def _renamed() -> dict[str, str]:
    """The names that shipped targets went by, with what they are called now."""
    shipped = list_targets(SHIPPED).items()
    return {former: name for name, files in shipped for former in files.head.get("formerly", ())}


def name_now(name: str) -> str:
    """What the shipped target of this name is called now; any other name is left as it is."""
    return _renamed().get(name, name)


def find_target(folder: Path, name: str) -> TargetFiles | None:
    """The target of this name in a folder of targets, if there is one."""
    old = folder / "targets" / f"{name}.toml"
    if (folder / name / FILE).is_file():
        return files_of(folder / name)
    return TargetFiles(name, old, old_tables(folder, name)) if old.is_file() else None


def files_of(folder: Path) -> TargetFiles:
    """The files of the target that this folder is."""
    rows = folder / ROWS
    return TargetFiles(folder.name, folder / FILE, (TableFile(rows),) if rows.is_file() else ())


def list_targets(folder: Path) -> dict[str, TargetFiles]:
    """The targets in a folder, by name."""
    names = [file.parent.name for file in folder.glob(f"*/{FILE}")]
    names += [file.stem for file in folder.glob("targets/*.toml") if file.name != FILE]
    found = {name: find_target(folder, name) for name in sorted(names)}
    return {name: files for name, files in found.items() if files is not None}


def old_tables(folder: Path, name: str) -> tuple[TableFile, ...]:
    """The tables of a target, or of rows that were added to one, in the old layout."""
    tables = sorted(folder.glob(f"*/costs/{name}.csv"))
    return tuple(TableFile(table, rule_of_folder(table.parents[1].name)) for table in tables)


def rule_of_folder(folder: str) -> str:
    """The rule whose table lay in this folder: G1 of g1_channel_width."""
    if folder == "targets":
        return SHARED
    code, _, rest = folder.partition("_")
    return code.upper() if rest else folder
