"""Comparing: what a model costs now against another version of it."""

from archlint.commands.diff.differ import Versions, diff

__all__ = ["Versions", "diff"]
