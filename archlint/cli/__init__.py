"""The command line: one file per command."""

from archlint.cli.main import program, run

__all__ = ["program", "run"]
