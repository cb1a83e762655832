"""`archlint targets --format json`; `targets.schema.json` describes it."""

from __future__ import annotations

from collections.abc import Sequence

from archlint.report.json_text import SCHEMA_VERSION, dumped, plain
from archlint.results.target_summary import TargetSummary

__all__ = ["render"]


def render(targets: Sequence[TargetSummary]) -> str:
    """All targets; the keys are the fields of `TargetSummary`."""
    return dumped({"schema_version": SCHEMA_VERSION, "targets": plain(targets)})
