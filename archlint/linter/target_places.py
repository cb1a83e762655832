"""Where targets lie: beside the rules, in the user's folder, in folders that they name."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import platformdirs

from archlint.cost.pricing.table import Row, read_table
from archlint.cost.target import list_targets
from archlint.errors import UsageError

__all__ = [
    "FoundTarget",
    "find_target_files",
    "is_path",
    "rows_of_user",
    "split_path",
    "target_at",
    "user_folder",
]


@dataclass(frozen=True, slots=True)
class FoundTarget:
    """A target's file and the folder with its tables; shipped ones come with the rules."""

    name: str
    file: Path
    folder: Path
    is_shipped: bool = False


def user_folder() -> Path:
    """The folder of the targets that the user has measured."""
    return platformdirs.user_data_path("archlint") / "rules"


def find_target_files(shipped: Sequence[Path], paths: Iterable[str]) -> dict[str, FoundTarget]:
    """Every target by name: the shipped ones, the user's, and those in the folders `paths`.

    Raises UsageError where two have the same name.
    """
    found = {
        name: FoundTarget(name, file, file.parents[1], is_shipped=True)
        for name, file in list_targets(shipped).items()
    }
    for folder in dict.fromkeys([user_folder(), *map(Path, paths)]):
        for name, file in list_targets([folder]).items():
            _add(found, FoundTarget(name, file, folder))
    return found


def rows_of_user(found: FoundTarget) -> Mapping[str, tuple[Row, ...]]:
    """The rows that the user has added to a shipped target, by the rule's folder.

    They lie in the user's folder as a target's own tables do.
    """
    if not found.is_shipped:
        return {}
    tables = sorted(user_folder().glob(f"*/costs/{found.name}.csv"))
    return {table.parents[1].name: read_table(table) for table in tables}


def is_path(target: str) -> bool:
    """Whether this names a target by its place rather than by its name."""
    return "/" in target or os.sep in target


def target_at(path: str, others: Mapping[str, FoundTarget]) -> FoundTarget:
    """The target at `folder/name` or `folder/targets/name.toml`.

    Raises UsageError if there is none, or if one of the others has its name.
    """
    folder, name = split_path(path)
    file = folder / "targets" / f"{name}.toml"
    if not file.is_file():
        raise UsageError(f'no such target: "{path}" ({file} is not there)')
    known = dict(others)
    return _add(known, FoundTarget(name, file, folder))


def split_path(path: str) -> tuple[Path, str]:
    """The folder and the name in `folder/name` or `folder/targets/name.toml`."""
    whole = Path(path)
    if whole.suffix == ".toml" and whole.parent.name == "targets":
        return whole.parents[1], whole.stem
    return whole.parent, whole.name


def _add(found: dict[str, FoundTarget], target: FoundTarget) -> FoundTarget:
    """Add a target, or find that it is there; raises UsageError where another has its name."""
    other = found.setdefault(target.name, target)
    if os.path.realpath(other.file) != os.path.realpath(target.file):
        raise UsageError(f'target "{target.name}" is there twice: {other.file}, {target.file}')
    return other
