"""Measuring: what rules ask to have timed."""

from archlint.measure.plan.experiment import Experiment

__all__ = ["Experiment"]
