"""How far a run is: one line on stderr that comes and goes, and only on a terminal."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from archlint.report.escape import visible

__all__ = ["Progress", "progress_line"]


class Progress(Protocol):
    """Is told before each model how many are done, of how many, and which comes next."""

    def __call__(self, done: int, total: int, path: str) -> None:
        """Show it."""
        ...


@contextmanager
def progress_line(*, quiet: bool) -> Iterator[Progress | None]:
    """A progress line for the block, or None where nobody would see it."""
    if quiet or not sys.stderr.isatty():
        yield None
        return
    try:
        yield _show
    finally:
        sys.stderr.write("\r\x1b[K")
        sys.stderr.flush()


def _show(done: int, total: int, path: str) -> None:
    text = f"linting {done + 1} of {total}: {visible(path)}"
    columns = shutil.get_terminal_size().columns
    sys.stderr.write(f"\r\x1b[K{text[: columns - 1]}")
    sys.stderr.flush()
