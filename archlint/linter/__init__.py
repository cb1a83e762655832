"""The pipeline: models in, report out."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from archlint.linter.pipeline import Examined, examine, lint
    from archlint.linter.registry import known, rule_page, rules, targets

__all__ = ["Examined", "examine", "known", "lint", "rule_page", "rules", "targets"]

_OF_PIPELINE = ("Examined", "examine", "lint")


def __getattr__(name: str) -> object:
    # a page of a rule and a list of targets do not pay for what reads models
    if name in __all__:
        module = "pipeline" if name in _OF_PIPELINE else "registry"
        return getattr(import_module(f"archlint.linter.{module}"), name)
    raise AttributeError(f"module 'archlint.linter' has no attribute {name!r}")
