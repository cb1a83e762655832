"""Whether a value is true, as far as it is told."""

from __future__ import annotations

from archlint.source.static.values import value as v
from archlint.source.static.values.items import exact
from archlint.source.static.values.unions import alternatives, union

__all__ = ["likely", "truth"]


def truth(value: v.Value) -> bool | None:
    """Whether a value is true; None where that is not told."""
    if isinstance(value, v.Const):
        return bool(value.value)
    if isinstance(value, v.Union):
        found = {truth(each) for each in value.values}
        return found.pop() if len(found) == 1 else None
    if isinstance(value, v.Series):
        known = exact(value.items)
        return bool(known) if known is not None else None
    if isinstance(value, v.Table):
        return truth(value.pairs)
    if isinstance(value, (v.Class, v.Function, v.Partial, v.Bound, v.Builtin)):
        return True
    return None


def likely(value: v.Value) -> bool | None:
    """Whether a value is true where what is not told of it, such as another default, is not."""
    known = [each for each in alternatives(value) if each is not v.UNKNOWN]
    return truth(union(*known)) if known else None
