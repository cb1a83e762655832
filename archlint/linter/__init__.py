"""The pipeline: models in, report out."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from archlint.linter.pipeline import Examined, examine, lint
    from archlint.linter.registry import known, rule_page, rules
    from archlint.linter.target_list import targets

__all__ = ["Examined", "examine", "known", "lint", "rule_page", "rules", "targets"]

_MODULES = {
    "Examined": "pipeline",
    "examine": "pipeline",
    "lint": "pipeline",
    "targets": "target_list",
}


def __getattr__(name: str) -> object:
    # a page of a rule and a list of targets do not pay for what reads models
    if name in __all__:
        return getattr(import_module(f"archlint.linter.{_MODULES.get(name, 'registry')}"), name)
    raise AttributeError(f"module 'archlint.linter' has no attribute {name!r}")
