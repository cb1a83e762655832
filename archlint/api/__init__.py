"""The Python API: each function is a door to what the command of its name calls."""

from archlint.api.commands import diff, explain, targets, verify
from archlint.api.lint import lint
from archlint.api.prediction import Comparison, Prediction
from archlint.api.pricer import Pricer, compare, predict
from archlint.api.report import FindingsError, Report
from archlint.api.results import DiffReport, Explanation, Targets, Verification

__all__ = [
    "Comparison",
    "DiffReport",
    "Explanation",
    "FindingsError",
    "Prediction",
    "Pricer",
    "Report",
    "Targets",
    "Verification",
    "compare",
    "diff",
    "explain",
    "lint",
    "predict",
    "targets",
    "verify",
]
