"""One change of a graph."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

__all__ = ["Change", "ChangeKind"]


class ChangeKind(Enum):
    """What became of a part of the graph."""

    INPUT = "input"
    ADDED = "added"
    REMOVED = "removed"
    REPLACED = "replaced"
    WIDTH = "width"
    WINDOW = "window"
    STRIDE = "stride"
    DILATION = "dilation"
    GROUPS = "groups"
    PADDING = "padding"
    SETTING = "setting"
    REWIRED = "rewired"


@dataclass(frozen=True, slots=True)
class Change:
    """What one edit made, in one line.

    `count` is how many places it touches, `flops` the FLOPs of the operators there, of the
    version in which they are more.
    """

    kind: ChangeKind
    text: str
    count: int
    flops: int
