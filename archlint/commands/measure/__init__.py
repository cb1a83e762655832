"""Measuring: which workloads, into which folder, beginning from which base."""

from archlint.commands.measure.bases import with_bases
from archlint.commands.measure.calibrated import Calibrated, calibrated_target, default_name
from archlint.commands.measure.what_to_measure import make_request

__all__ = ["Calibrated", "calibrated_target", "default_name", "make_request", "with_bases"]
