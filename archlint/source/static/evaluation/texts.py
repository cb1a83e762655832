"""Strings: their methods, and those that are put together."""

from __future__ import annotations

import ast
import re

from archlint.source.static.values import value as v
from archlint.source.static.values.arithmetic import formatted, operated
from archlint.source.static.values.environment import Environment
from archlint.source.static.values.items import argument
from archlint.source.static.values.unions import leaves

__all__ = ["call_text_method", "joined_text"]


def joined_text(environment: Environment, node: ast.JoinedStr, scope: v.Scope) -> v.Value:
    """An f-string."""
    found: v.Value = v.Const("")
    for part in node.values:
        piece: v.Value = v.Text(".*")
        if isinstance(part, ast.Constant):
            piece = v.Const(str(part.value))
        elif isinstance(part, ast.FormattedValue):
            inner = environment.value(part.value, scope)
            if isinstance(inner, v.Const) and part.format_spec is None and part.conversion == -1:
                piece = v.Const(str(inner.value))
        found = operated(ast.Add(), found, piece)
    return found


def call_text_method(text: str, name: str, given: v.Arguments) -> v.Value:
    """A method of a string that is known."""
    if name == "format":
        return _formatted(text, given)
    first = argument(given, 0)
    if not given.positional:
        plain = {
            "lower": text.lower, "upper": text.upper, "strip": text.strip, "title": text.title,
        }  # fmt: skip
        if name in plain:
            return v.Const(plain[name]())
        if name == "split":
            return v.Series([v.Const(each) for each in text.split()])
    if isinstance(first, v.Const) and isinstance(first.value, str):
        if name == "startswith":
            return v.Const(text.startswith(first.value))
        if name == "endswith":
            return v.Const(text.endswith(first.value))
        if name == "split" and first.value:
            return v.Series([v.Const(each) for each in text.split(first.value)])
    return v.UNKNOWN


def _formatted(text: str, given: v.Arguments) -> v.Value:
    known = [each.value for each in leaves(given.positional) if isinstance(each, v.Const)]
    is_plain = re.fullmatch(r"[^{}]*(?:\{\d?\}[^{}]*)*", text) and not given.keywords
    if not is_plain or len(known) != len(given.positional):
        return formatted(text, r"\{[^{}]*\}")
    try:
        return v.Const(text.format(*known))
    except (IndexError, ValueError):
        return v.UNKNOWN
