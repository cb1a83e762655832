"""What a class must be to be a rule among others."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable

from archlint.rule import Rule

__all__ = ["why_no_rule"]


def why_no_rule(rule: object, others: Iterable[type[Rule]]) -> str:
    """Why what an entry point names is no rule beside the others; "" for one that is."""
    if not (isinstance(rule, type) and issubclass(rule, Rule)):
        return "it is no subclass of archlint.plugin.Rule"
    for name in ("code", "name", "summary"):
        if not isinstance(getattr(rule, name, None), str):
            return f"it has no {name}"
    if inspect.isabstract(rule):
        return f"it has no {', '.join(sorted(rule.__abstractmethods__))}"
    if not re.fullmatch("[A-Z]+[0-9]+", rule.code):
        return f"code {rule.code!r} is not a letter and a number, as X1 is"
    if not re.fullmatch("[a-z][a-z0-9-]*", rule.name):
        return f"name {rule.name!r} is not small words with hyphens, as costly-elementwise is"
    return _taken(rule, others)


def _taken(rule: type[Rule], others: Iterable[type[Rule]]) -> str:
    """What it is called that another one is called; "" for nothing."""
    for other in others:
        if other is not rule and other.code == rule.code:
            return f"code {rule.code} is taken"
        if other is not rule and other.name == rule.name:
            return f"name {rule.name} is taken by {other.code}"
    return ""
