"""What is known of a comparison of two values."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Mapping
from typing import Any

from archlint.source.static.values import value as v
from archlint.source.static.values.items import exact, flat
from archlint.source.static.values.unions import alternatives

__all__ = ["compared"]

_COMPARISONS: Mapping[type[ast.cmpop], Callable[[Any, Any], Any]] = {
    ast.Eq: operator.eq, ast.NotEq: operator.ne, ast.Lt: operator.lt,
    ast.LtE: operator.le, ast.Gt: operator.gt, ast.GtE: operator.ge,
}  # fmt: skip
_IDENTITY = (ast.Is, ast.IsNot)
_MEMBERSHIP = (ast.In, ast.NotIn)
_THINGS = (
    v.Class,
    v.Function,
    v.Bound,
    v.Builtin,
    v.External,
    v.ModuleFile,
    v.Partial,
    v.Series,
    v.Table,
    v.Text,
)


def compared(kind: ast.cmpop, left: v.Value, right: v.Value) -> set[bool | None]:
    """What `left == right` and the like may be; None where not told."""
    return {
        _compared(kind, one, other) for one in alternatives(left) for other in alternatives(right)
    }


def _compared(kind: ast.cmpop, left: v.Value, right: v.Value) -> bool | None:
    if isinstance(left, v.Const) and isinstance(right, v.Const):
        if isinstance(kind, _IDENTITY):
            same = left.value is right.value or (
                type(left.value) is type(right.value) and left.value == right.value
            )
            return same == isinstance(kind, ast.Is)
        if isinstance(kind, _MEMBERSHIP):
            if isinstance(left.value, str) and isinstance(right.value, str):
                return (left.value in right.value) == isinstance(kind, ast.In)
            return None
        try:
            return bool(_COMPARISONS[type(kind)](left.value, right.value))
        except TypeError:
            return None
    if isinstance(kind, _MEMBERSHIP):
        inside = _inside(left, right)
        return None if inside is None else inside == isinstance(kind, ast.In)
    if not isinstance(kind, (*_IDENTITY, ast.Eq, ast.NotEq)):
        return None
    same_thing = _same(left, right)
    return None if same_thing is None else same_thing == isinstance(kind, (ast.Is, ast.Eq))


def _same(left: v.Value, right: v.Value) -> bool | None:
    if left is right and not isinstance(left, v.Text) and left is not v.UNKNOWN:
        return True
    if isinstance(left, v.Class) and isinstance(right, v.Class):
        return left.node is right.node
    if isinstance(left, v.External) and isinstance(right, v.External):
        return True if left == right else None
    for one, other in ((left, right), (right, left)):
        if isinstance(one, v.Const) and one.value is None and isinstance(other, (*_THINGS, v.Made)):
            return (
                None
                if isinstance(other, v.Made)
                and not isinstance(other.callee, v.Class)
                and (not isinstance(other.callee, v.External) or other.callee.last[:1].islower())
                else False
            )
    if isinstance(left, v.Class) and isinstance(right, v.External):
        return False
    return None


def _inside(left: v.Value, right: v.Value) -> bool | None:
    if isinstance(right, v.Table):
        keys = exact(right.pairs.items)
        pairs = [each for each in keys or () if isinstance(each, v.Series)]
        entries = None if keys is None else [flat(each.items[:1]) for each in pairs]
    elif isinstance(right, v.Series):
        entries = exact(right.items)
    else:
        return None
    if entries is None:
        return None
    found = [_compared(ast.Eq(), left, each) for each in entries]
    if True in found:
        return True
    return None if None in found else False
