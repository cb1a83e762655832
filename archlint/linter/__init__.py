"""The pipeline: models in, report out."""

from archlint.linter.explain import explain
from archlint.linter.lint import lint
from archlint.linter.registry import known, rule_page, rules, targets

__all__ = ["explain", "known", "lint", "rule_page", "rules", "targets"]
