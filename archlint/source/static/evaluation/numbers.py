"""Python's own functions of numbers."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from archlint.source.static.values import value as v
from archlint.source.static.values.items import argument
from archlint.source.static.values.unions import leaves

__all__ = ["NUMBERS", "TYPES", "extreme"]

_LONGEST_RANGE = 256
TYPES: Mapping[str, type] = {"int": int, "float": float, "str": str, "bool": bool}
_EXTREMES: Mapping[str, Callable[[list[float]], float]] = {"max": max, "min": min, "sum": sum}


def extreme(name: str, items: v.Items) -> v.Value:
    """The `max`, `min` or `sum` of items."""
    values = [each.value for each in items if isinstance(each, v.Const)]
    numbers = [each for each in values if isinstance(each, (int, float))]
    if len(numbers) != len(items) or not numbers:
        return v.UNKNOWN
    return v.Const(_EXTREMES[name](numbers))


def _range(given: v.Arguments) -> v.Value:
    known = [each.value for each in leaves(given.positional) if isinstance(each, v.Const)]
    numbers = [each for each in known if isinstance(each, int)]
    if len(numbers) == len(given.positional) and 1 <= len(numbers) <= 3 and numbers[2:] != [0]:
        found = range(*numbers)
        if abs(numbers[-1]) < 2**40 and len(found) <= _LONGEST_RANGE:
            return v.Series([v.Const(each) for each in found])
    return v.Series([v.Repeat((v.UNKNOWN,))])


def _abs(given: v.Arguments) -> v.Value:
    value = argument(given, 0)
    if isinstance(value, v.Const) and isinstance(value.value, (int, float)):
        return v.Const(abs(value.value))
    return v.UNKNOWN


def _converted(name: str) -> Callable[[v.Arguments], v.Value]:
    def converted(given: v.Arguments) -> v.Value:
        value = argument(given, 0)
        if not isinstance(value, v.Const) or len(given.positional) != 1:
            return v.Const("") if name == "str" and not given.positional else v.UNKNOWN
        try:
            return v.Const(TYPES[name](value.value))
        except (TypeError, ValueError, OverflowError):
            return v.UNKNOWN

    return converted


NUMBERS: Mapping[str, Callable[[v.Arguments], v.Value]] = {
    "abs": _abs,
    "range": _range,
    **{name: _converted(name) for name in TYPES},
}
