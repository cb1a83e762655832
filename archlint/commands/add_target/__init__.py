"""Targets from the user's own times of whole networks."""

from archlint.commands.add_target.add_target import add_target

__all__ = ["add_target"]
