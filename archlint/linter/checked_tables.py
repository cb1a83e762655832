"""Looking at a target's rows once: what has passed is remembered by what it holds."""

from __future__ import annotations

from contextlib import suppress
from hashlib import sha256
from pathlib import Path

import platformdirs

from archlint.cost.check_table import check_table, has_its_checksum
from archlint.cost.pricing.table import Table
from archlint.cost.target import Target
from archlint.cost.target_files import TargetFiles
from archlint.version import __version__
from archlint.whole_file import write_whole

__all__ = ["check_once"]

_LOOK = 1
"""Counts what a look takes in: one more, and all is looked at anew."""


def check_once(target: Target, files: TargetFiles) -> None:
    """Check a target's table unless the same one has passed before; raises TargetError.

    Whatever the cache says, the rows have the checksum of the target's file and each time is a
    positive one where it is read: without the look only what nobody reads is not looked at.
    """
    key = _key(target)
    note = platformdirs.user_cache_path("archlint") / "tables" / key
    if not (has_its_checksum(target, files) and _is_noted(note)):
        check_table(target, files)
        _take_down(note)


def _key(target: Target) -> str:
    files = target.rows.files if isinstance(target.rows, Table) else ()
    parts = [f"{_LOOK} {__version__}", target.counted.said, target.counted.checksum]
    parts += [f"{text.rule} {text.checksum}" for text in files]
    return sha256("\n".join(parts).encode()).hexdigest()


def _is_noted(note: Path) -> bool:
    try:
        # its own name: what was cut off or put there by something else is no note
        return note.read_text(encoding="ascii") == note.name
    except (OSError, ValueError):
        return False


def _take_down(note: Path) -> None:
    with suppress(OSError):  # a home that cannot be written to costs time, and no more
        note.parent.mkdir(parents=True, exist_ok=True)
        write_whole(note, note.name.encode())
