"""What targets are called beside their names: by the groups that they are in, and in short."""

from __future__ import annotations

from collections.abc import Mapping

from archlint.cost.target_files import TargetFiles
from archlint.did_you_mean import did_you_mean
from archlint.errors import UsageError

__all__ = ["targets_meant", "unknown_target"]


def targets_meant(word: str, files: Mapping[str, TargetFiles]) -> tuple[str, ...]:
    """The names of the targets that a group or a short name means; () where it is neither.

    A short name is what the names of one device's targets begin with, up to a dash: `rtx4090`.
    Of several it means the one that is in a group, which stands for the device there.  Raises
    UsageError where it may mean several, and TargetError where it is a group and a target's file is
    broken, which may be in it.
    """
    if any(word in each.groups for each in files.values()):
        return tuple(name for name, each in files.items() if word in each.told_groups())
    fitting = [name for name in files if name.startswith(f"{word}-")]
    devices = {files[name].head.get("device") for name in fitting}
    standing = [name for name in fitting if files[name].groups] if len(devices) == 1 else []
    if len(fitting) > 1 and len(standing) != 1:
        what = "one of several targets" if len(devices) == 1 else "several devices"
        raise UsageError(f'target "{word}" may be {what}: {", ".join(standing or fitting)}')
    return tuple(standing or fitting)


def unknown_target(word: str, files: Mapping[str, TargetFiles]) -> str:
    """What is said of a word that means no target."""
    groups = [group for each in files.values() for group in each.groups]
    short = sorted({name.partition("-")[0] for name in files})
    begun = [name for name in short if name.startswith(word.lower())]
    if len(begun) > 1:
        return f'unknown target "{word}": there are {", ".join(begun)}'
    near = did_you_mean(word, [*short, *groups, *files])
    return f'unknown target "{word}"{near or " (`archlint targets` lists them)"}'
