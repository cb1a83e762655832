"""Where targets lie: beside the program, in the user's folder, in folders that they name."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import platformdirs

from archlint.cost.pricing.table import TableFile
from archlint.cost.target_files import (
    FILE,
    ROWS,
    SHIPPED,
    TargetFiles,
    find_target,
    list_targets,
    name_now,
    old_tables,
)
from archlint.errors import UsageError

__all__ = [
    "FoundTarget",
    "find_target_files",
    "is_path",
    "old_folder",
    "split_path",
    "target_at",
    "target_called",
    "user_folder",
]


@dataclass(frozen=True, slots=True)
class FoundTarget:
    """A target's files; `added` are those with the user's own rows of a shipped one.

    `former_name` is the one that it was asked for by, where it is called otherwise now.
    """

    files: TargetFiles
    is_shipped: bool = False
    added: tuple[TableFile, ...] = ()
    former_name: str = ""

    @property
    def name(self) -> str:
        """The target's name."""
        return self.files.name

    @property
    def file(self) -> Path:
        """The target's file."""
        return self.files.file

    @property
    def home(self) -> Path:
        """The folder of targets that rows of this one are to be added in."""
        folder = self.files.folder
        return user_folder() if self.is_shipped or folder == old_folder(user_folder()) else folder


def user_folder() -> Path:
    """The folder of the targets that the user has measured."""
    return platformdirs.user_data_path("archlint") / "targets"


def old_folder(folder: Path) -> Path:
    """Where what belongs in this folder of targets lay in the old layout."""
    return folder.with_name("rules") if folder == user_folder() else folder


def find_target_files(paths: Iterable[str]) -> dict[str, FoundTarget]:
    """Every target by name: the shipped ones, the user's, and those in the folders `paths`.

    Raises UsageError where two have the same name.
    """
    user = user_folder()
    added = _added(user)
    found = {
        name: FoundTarget(files, is_shipped=True, added=tuple(added[name]))
        for name, files in list_targets(SHIPPED).items()
    }
    of_user = {**list_targets(old_folder(user)), **list_targets(user)}
    for folder in (of_user, *(list_targets(Path(path)) for path in dict.fromkeys(paths))):
        for files in folder.values():
            _add(found, FoundTarget(files))
    return found


def _added(user: Path) -> defaultdict[str, list[TableFile]]:
    """Rows of the user's without a target's file beside them, by the name of the target now."""
    found: defaultdict[str, list[TableFile]] = defaultdict(list)
    old = old_folder(user)
    for name in sorted({table.stem for table in old.glob("*/costs/*.csv")}):
        found[name_now(name)] += old_tables(old, name)
    for rows in sorted(user.glob(f"*/{ROWS}")):
        if not rows.with_name(FILE).is_file():
            found[name_now(rows.parent.name)].append(TableFile(rows))
    return found


def is_path(target: str) -> bool:
    """Whether this names a target by its place rather than by its name."""
    return "/" in target or os.sep in target


def target_called(name: str, others: Mapping[str, FoundTarget]) -> FoundTarget | None:
    """The one of these that has this name or had it, if there is one."""
    if name in others:
        return others[name]
    now = others.get(name_now(name))
    return None if now is None else replace(now, former_name=name)


def target_at(path: str, others: Mapping[str, FoundTarget]) -> FoundTarget:
    """The target at `folder/name`, which is its folder, or at the file in that.

    Raises UsageError if there is none, or if one of the others has its name.
    """
    folder, name = split_path(path)
    files = find_target(folder, name)
    if files is None:
        raise UsageError(f'no such target: "{path}" ({folder / name / FILE} is not there)')
    return _add(dict(others), FoundTarget(files))


def split_path(path: str) -> tuple[Path, str]:
    """The folder of targets and the name in `folder/name` or `folder/name/target.toml`.

    In the old layout the file is `folder/targets/name.toml`.
    """
    whole = Path(path)
    if whole.name == FILE:
        whole = whole.parent
    elif whole.suffix == ".toml" and whole.parent.name == "targets":
        return whole.parents[1], whole.stem
    if whole.name in ("", ".."):
        whole = Path(os.path.abspath(whole))
    return whole.parent, whole.name


def _add(found: dict[str, FoundTarget], target: FoundTarget) -> FoundTarget:
    """Add a target, or find that it is there; raises UsageError where another has its name."""
    other = found.setdefault(target.name, target)
    if os.path.realpath(other.file) != os.path.realpath(target.file):
        raise UsageError(f'target "{target.name}" is there twice: {other.file}, {target.file}')
    return other
