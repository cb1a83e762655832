"""Explaining: all prices of one operator, and what each rule says of it."""

from archlint.commands.explain.explainer import explain

__all__ = ["explain"]
