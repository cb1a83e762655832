"""Plots of rules, priced on targets."""

from archlint.commands.rule.priced_plot import plot

__all__ = ["plot"]
