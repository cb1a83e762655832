"""What `archlint fix` did and did not do to a model's source, as plain data."""

from __future__ import annotations

import difflib
import io
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

__all__ = ["Cost", "FileChange", "FixReport", "Outcome", "Step"]


class Outcome(Enum):
    """What came of a finding.

    REDESIGN has an edit that changes the function, which was not asked for; NO_EDIT is for the
    architect to change.
    """

    FIXED = "fixed"
    TAKEN_BACK = "taken back"
    REDESIGN = "redesign"
    NO_EDIT = "no edit"


@dataclass(frozen=True, slots=True)
class Cost:
    """A model's FLOPs, and its predicted seconds by target."""

    flops: int
    seconds: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Step:
    """A finding and what came of it.

    `where` is path, line and column, "" where not known.  `what` says what the edit does, or why
    there is none; `reason` why it was taken back.  `before` and `after` are the model's costs
    where an edit was tried and could be priced.
    """

    code: str
    message: str
    where: str
    module: str
    count: int
    exact: bool
    outcome: Outcome
    what: str
    reason: str = ""
    before: Cost | None = None
    after: Cost | None = None


@dataclass(frozen=True, slots=True)
class FileChange:
    """A file's text before and after; `path` is relative to the working folder."""

    path: str
    before: str
    after: str

    @property
    def diff(self) -> str:
        """The change as git and patch take it."""
        lines = difflib.unified_diff(
            list(io.StringIO(self.before, newline="")),
            list(io.StringIO(self.after, newline="")),
            f"a/{self.path}",
            f"b/{self.path}",
        )
        ended = (each if each.endswith("\n") else f"{each}\n\\ No newline at end of file\n"
                 for each in lines)  # fmt: skip
        return "".join(ended)


@dataclass(frozen=True, slots=True)
class FixReport:
    """A model before and after, the findings in the order of their steps, and the changes.

    `titles` are those of the targets, by name.  `notes` counts findings that were left alone as
    notes, `remarks` say what the export did otherwise than usual, `problems` which rules crashed.
    """

    path: str
    titles: Mapping[str, str]
    before: Cost
    after: Cost
    steps: tuple[Step, ...]
    changes: tuple[FileChange, ...]
    notes: int = 0
    remarks: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()
