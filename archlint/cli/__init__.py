"""The command line: one file per command."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archlint.cli.program import program

if TYPE_CHECKING:
    from archlint.cli.main import run

__all__ = ["program", "run"]


def __getattr__(name: str) -> object:
    # the process that watches over the one that works loads no command
    if name == "run":
        from archlint.cli.main import run

        return run
    raise AttributeError(f"module 'archlint.cli' has no attribute {name!r}")
