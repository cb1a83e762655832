"""What a run is at: one line on a terminal's stderr, from its first moment until it says more."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Collection
from typing import Protocol

from archlint.doing import hear
from archlint.report.escape import visible

__all__ = ["LINE", "Line", "Progress"]

_SILENT = frozenset({"-q", "--quiet", "-h", "--help"})
_SHORT = frozenset({"clean", "completion", "schema", "server"})
"""Commands that never take a second, and one that has no terminal."""


class Progress(Protocol):
    """Is told before each model how many are done, of how many, and which comes next."""

    def __call__(self, done: int, total: int, path: str) -> None:
        """Show it."""
        ...


class Line:
    """The line: what is done, to what, and how far that is.

    It is there on a terminal alone, and gone before anything else is written.
    """

    def __init__(self) -> None:
        self._is_on = self._is_shown = False
        self._head = self._path = ""

    def begin(self, command: str, words: Collection[str]) -> None:
        """Show that a command begins, before it has loaded what it needs."""
        self._is_on = sys.stderr.isatty() and command not in _SHORT and not _SILENT & set(words)
        if self._is_on:
            hear(self._doing)
            self.at(f"{command}: starting")

    def end(self) -> None:
        """Show nothing any more."""
        self.clear()
        hear(None)
        self._is_on = False

    def at(self, head: str, path: str = "") -> None:
        """Show what is done, and to which model."""
        self._head, self._path = head, path
        self._doing("")

    def linting(self, done: int, total: int, path: str) -> None:
        """Show how many models are linted: a `Progress`."""
        self.at(f"linting {done + 1} of {total}", path)

    def reading(self, done: int, total: int, path: str) -> None:
        """Show how many models are read: a `Progress`."""
        self.at(f"reading {done + 1} of {total}", path)

    def clear(self) -> None:
        """Take the line away."""
        if self._is_shown:
            self._write("")
            self._is_shown = False

    def _doing(self, what: str) -> None:
        """Show what part of the work it is."""
        if self._is_on:
            more, path = what and f" ({what})", self._path and f": {self._path}"
            text = visible(f"{self._head}{more}{path}")
            self._write(text[: shutil.get_terminal_size().columns - 1])
            self._is_shown = True

    @staticmethod
    def _write(text: str) -> None:
        sys.stderr.write(f"\r\x1b[K{text}")
        sys.stderr.flush()


LINE = Line()
"""That of this process."""
