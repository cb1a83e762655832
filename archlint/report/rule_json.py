"""`archlint rule --format json`; `rule.schema.json` describes it."""

from __future__ import annotations

from collections.abc import Sequence

from archlint.report.json_text import SCHEMA_VERSION, dumped, plain
from archlint.results.target_summary import RulePage

__all__ = ["render"]


def render(rules: Sequence[RulePage]) -> str:
    """These rules with their pages, in Markdown; the keys are the fields of `RulePage`."""
    return dumped({"schema_version": SCHEMA_VERSION, "rules": plain(rules)})
