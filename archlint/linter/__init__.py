"""The pipeline: models in, report out."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from archlint.linter.differ import Versions, diff
    from archlint.linter.explainer import explain
    from archlint.linter.measuring import request
    from archlint.linter.pipeline import Examined, examine, lint
    from archlint.linter.plotting import plot
    from archlint.linter.registry import known, rule_page, rules, targets

__all__ = [
    "Examined",
    "Versions",
    "diff",
    "examine",
    "explain",
    "known",
    "lint",
    "plot",
    "request",
    "rule_page",
    "rules",
    "targets",
]

_HOME = {
    "Examined": "archlint.linter.pipeline",
    "Versions": "archlint.linter.differ",
    "diff": "archlint.linter.differ",
    "examine": "archlint.linter.pipeline",
    "explain": "archlint.linter.explainer",
    "lint": "archlint.linter.pipeline",
    "plot": "archlint.linter.plotting",
    "request": "archlint.linter.measuring",
}


def __getattr__(name: str) -> object:
    # a lint does not pay for what only `archlint explain` needs
    if name in __all__:
        return getattr(import_module(_HOME.get(name, "archlint.linter.registry")), name)
    raise AttributeError(f"module 'archlint.linter' has no attribute {name!r}")
