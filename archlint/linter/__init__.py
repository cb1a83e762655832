"""The pipeline: models in, report out."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from archlint.linter.explainer import explain
    from archlint.linter.pipeline import lint
    from archlint.linter.registry import known, rule_page, rules, targets

__all__ = ["explain", "known", "lint", "rule_page", "rules", "targets"]

_HOME = {"explain": "archlint.linter.explainer", "lint": "archlint.linter.pipeline"}


def __getattr__(name: str) -> object:
    # a lint does not pay for what only `archlint explain` needs
    if name in __all__:
        return getattr(import_module(_HOME.get(name, "archlint.linter.registry")), name)
    raise AttributeError(f"module 'archlint.linter' has no attribute {name!r}")
