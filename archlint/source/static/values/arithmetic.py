"""Operators on what is known of two values."""

from __future__ import annotations

import ast
import operator
import re
from collections.abc import Callable, Mapping
from typing import Any

from archlint.source.static.values import value as v
from archlint.source.static.values.unions import as_pattern, union

__all__ = ["formatted", "operated"]

_LARGEST = 2**64
_LONGEST = 10_000  # characters
_MOST_COPIES = 256

_OPERATORS: Mapping[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv, ast.Mod: operator.mod, ast.BitAnd: operator.and_,
    ast.BitOr: operator.or_,
}  # fmt: skip
_NUMBER = (int, float)


def operated(kind: ast.operator, left: v.Value, right: v.Value) -> v.Value:
    """`left + right` and the like."""
    if isinstance(left, v.Union) and any(isinstance(each, v.Series) for each in left.values):
        return union(*(operated(kind, each, right) for each in left.values))
    if isinstance(left, v.Series) or isinstance(right, v.Series):
        return _of_series(kind, left, right)
    if isinstance(left, v.Const) and isinstance(right, v.Const):
        return _of_constants(kind, left.value, right.value)
    if isinstance(kind, ast.Add) and _is_text(left) and _is_text(right):
        return v.Text(as_pattern(left) + as_pattern(right))
    if isinstance(kind, ast.Mod) and isinstance(left, v.Const) and isinstance(left.value, str):
        return formatted(left.value, r"%[-0-9.]*[a-z]")
    return v.UNKNOWN


def formatted(text: str, holes: str) -> v.Text:
    """A text with holes that match a regular expression."""
    return v.Text(".*".join(re.escape(each) for each in re.split(holes, text)))


def _of_constants(kind: ast.operator, left: object, right: object) -> v.Value:
    if isinstance(kind, ast.Mod) and isinstance(left, str):
        try:
            known = re.fullmatch(r"[^%]*%[dsi][^%]*", left) and isinstance(right, (int, str))
            return v.Const(left % right) if known else formatted(left, r"%[-0-9.]*[a-z]")
        except (TypeError, ValueError):
            return v.UNKNOWN
    if isinstance(kind, ast.Pow):
        if (
            isinstance(left, _NUMBER)
            and isinstance(right, int)
            and 0 <= right <= 64
            and abs(left) < 1e6
        ):
            return _bounded(left**right)
        return v.UNKNOWN
    texts = isinstance(left, str), isinstance(right, str)
    numbers = isinstance(left, _NUMBER) and isinstance(right, _NUMBER)
    if not numbers and not (all(texts) and isinstance(kind, ast.Add)):
        return v.UNKNOWN
    try:
        return _bounded(_OPERATORS[type(kind)](left, right))
    except (KeyError, TypeError, ZeroDivisionError, OverflowError):
        return v.UNKNOWN


def _bounded(value: object) -> v.Value:
    if isinstance(value, str):
        return v.Const(value) if len(value) <= _LONGEST else v.UNKNOWN
    if isinstance(value, _NUMBER):
        return v.Const(value) if abs(value) < _LARGEST else v.UNKNOWN
    return v.UNKNOWN


def _of_series(kind: ast.operator, left: v.Value, right: v.Value) -> v.Value:
    if isinstance(kind, ast.Add):
        return v.Series([*_items(left), *_items(right)])
    series, count = (left, right) if isinstance(left, v.Series) else (right, left)
    if not isinstance(kind, ast.Mult) or not isinstance(series, v.Series):
        return v.UNKNOWN
    number = count.value if isinstance(count, v.Const) else None
    if isinstance(number, int) and len(series.items) * number <= _MOST_COPIES:
        return v.Series(series.items * number)
    return v.Series([v.Repeat(tuple(series.items))])


def _items(value: v.Value) -> list[v.Item]:
    return list(value.items) if isinstance(value, v.Series) else [v.Repeat((value,))]


def _is_text(value: v.Value) -> bool:
    return isinstance(value, v.Text) or (
        isinstance(value, v.Const) and isinstance(value.value, str)
    )
