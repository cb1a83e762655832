"""Measuring: what rules ask to have timed."""

from archlint.measure.experiment import Experiment

__all__ = ["Experiment"]
