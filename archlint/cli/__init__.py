"""The command line: one file per command."""

from archlint.cli.main import run

__all__ = ["run"]
