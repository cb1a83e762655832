"""Operators on what is known of two values."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from typing import Any

from archlint.source.static.items import exact, flat
from archlint.source.static.values import (
    UNKNOWN,
    Bound,
    Builtin,
    Class,
    Const,
    External,
    Function,
    Item,
    Made,
    ModuleFile,
    Partial,
    Repeat,
    Series,
    Table,
    Text,
    Union,
    Value,
    alternatives,
    as_pattern,
    union,
)

__all__ = ["compared", "formatted", "operated"]

_LARGEST = 2**64
_LONGEST = 10_000  # characters
_MOST_COPIES = 256

_OPERATORS: Mapping[str, Callable[[Any, Any], Any]] = {
    "Add": operator.add, "Subtract": operator.sub, "Multiply": operator.mul,
    "Divide": operator.truediv, "FloorDivide": operator.floordiv, "Modulo": operator.mod,
    "BitAnd": operator.and_, "BitOr": operator.or_,
}  # fmt: skip
_COMPARISONS: Mapping[str, Callable[[Any, Any], Any]] = {
    "Equal": operator.eq, "NotEqual": operator.ne, "LessThan": operator.lt,
    "LessThanEqual": operator.le, "GreaterThan": operator.gt, "GreaterThanEqual": operator.ge,
}  # fmt: skip
_THINGS = (Class, Function, Bound, Builtin, External, ModuleFile, Partial, Series, Table, Text)
_NUMBER = (int, float)


def operated(name: str, left: Value, right: Value) -> Value:
    """`left + right` and the like, by the operator's name in libcst."""
    if isinstance(left, Union) and any(isinstance(each, Series) for each in left.values):
        return union(*(operated(name, each, right) for each in left.values))
    if isinstance(left, Series) or isinstance(right, Series):
        return _of_series(name, left, right)
    if isinstance(left, Const) and isinstance(right, Const):
        return _of_constants(name, left.value, right.value)
    if name == "Add" and _is_text(left) and _is_text(right):
        return Text(as_pattern(left) + as_pattern(right))
    if name == "Modulo" and isinstance(left, Const) and isinstance(left.value, str):
        return formatted(left.value, r"%[-0-9.]*[a-z]")
    return UNKNOWN


def formatted(text: str, holes: str) -> Text:
    """A text with holes that match a regular expression."""
    return Text(".*".join(re.escape(each) for each in re.split(holes, text)))


def compared(name: str, left: Value, right: Value) -> set[bool | None]:
    """What `left == right` and the like may be, by the operator's name; None where not told."""
    return {
        _compared(name, one, other) for one in alternatives(left) for other in alternatives(right)
    }


def _compared(name: str, left: Value, right: Value) -> bool | None:
    if isinstance(left, Const) and isinstance(right, Const):
        if name in ("Is", "IsNot"):
            same = left.value is right.value or (
                type(left.value) is type(right.value) and left.value == right.value
            )
            return same == (name == "Is")
        if name in ("In", "NotIn") and isinstance(left.value, str) and isinstance(right.value, str):
            return (left.value in right.value) == (name == "In")
        try:
            return bool(_COMPARISONS[name](left.value, right.value))
        except (KeyError, TypeError):
            return None
    if name in ("In", "NotIn"):
        inside = _inside(left, right)
        return None if inside is None else inside == (name == "In")
    if name not in ("Is", "IsNot", "Equal", "NotEqual"):
        return None
    same_thing = _same(left, right)
    return None if same_thing is None else same_thing == (name in ("Is", "Equal"))


def _same(left: Value, right: Value) -> bool | None:
    if left is right and not isinstance(left, Text) and left is not UNKNOWN:
        return True
    if isinstance(left, Class) and isinstance(right, Class):
        return left.node is right.node
    if isinstance(left, External) and isinstance(right, External):
        return True if left == right else None
    for one, other in ((left, right), (right, left)):
        if isinstance(one, Const) and one.value is None and isinstance(other, (*_THINGS, Made)):
            return (
                None
                if isinstance(other, Made)
                and not isinstance(other.callee, Class)
                and (not isinstance(other.callee, External) or other.callee.last[:1].islower())
                else False
            )
    if isinstance(left, Class) and isinstance(right, External):
        return False
    return None


def _inside(left: Value, right: Value) -> bool | None:
    if isinstance(right, Table):
        keys = exact(right.pairs.items)
        pairs = [each for each in keys or () if isinstance(each, Series)]
        entries = None if keys is None else [flat(each.items[:1]) for each in pairs]
    elif isinstance(right, Series):
        entries = exact(right.items)
    else:
        return None
    if entries is None:
        return None
    found = [_compared("Equal", left, each) for each in entries]
    if True in found:
        return True
    return None if None in found else False


def _of_constants(name: str, left: object, right: object) -> Value:
    if name == "Modulo" and isinstance(left, str):
        try:
            known = re.fullmatch(r"[^%]*%[dsi][^%]*", left) and isinstance(right, (int, str))
            return Const(left % right) if known else formatted(left, r"%[-0-9.]*[a-z]")
        except (TypeError, ValueError):
            return UNKNOWN
    if name == "Power":
        if (
            isinstance(left, _NUMBER)
            and isinstance(right, int)
            and 0 <= right <= 64
            and abs(left) < 1e6
        ):
            return _bounded(left**right)
        return UNKNOWN
    texts = isinstance(left, str), isinstance(right, str)
    numbers = isinstance(left, _NUMBER) and isinstance(right, _NUMBER)
    if not numbers and not (all(texts) and name == "Add"):
        return UNKNOWN
    try:
        return _bounded(_OPERATORS[name](left, right))
    except (KeyError, TypeError, ZeroDivisionError, OverflowError):
        return UNKNOWN


def _bounded(value: object) -> Value:
    if isinstance(value, str):
        return Const(value) if len(value) <= _LONGEST else UNKNOWN
    if isinstance(value, _NUMBER):
        return Const(value) if abs(value) < _LARGEST else UNKNOWN
    return UNKNOWN


def _of_series(name: str, left: Value, right: Value) -> Value:
    if name == "Add":
        return Series([*_items(left), *_items(right)])
    series, count = (left, right) if isinstance(left, Series) else (right, left)
    if name != "Multiply" or not isinstance(series, Series):
        return UNKNOWN
    number = count.value if isinstance(count, Const) else None
    if isinstance(number, int) and len(series.items) * number <= _MOST_COPIES:
        return Series(series.items * number)
    return Series([Repeat(tuple(series.items))])


def _items(value: Value) -> list[Item]:
    return list(value.items) if isinstance(value, Series) else [Repeat((value,))]


def _is_text(value: Value) -> bool:
    return isinstance(value, Text) or (isinstance(value, Const) and isinstance(value.value, str))
