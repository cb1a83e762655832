"""Measuring: which workloads, into which folder."""

from archlint.commands.measure.what_to_measure import make_request

__all__ = ["make_request"]
