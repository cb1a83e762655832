"""What stands in brackets."""

from __future__ import annotations

import ast

from archlint.source.static.evaluation.containers import item, iterated
from archlint.source.static.values import value as v
from archlint.source.static.values.environment import Environment
from archlint.source.static.values.items import sliced
from archlint.source.static.values.unions import alternatives, union

__all__ = ["index_of", "subscript"]


def index_of(environment: Environment, node: ast.Subscript, scope: v.Scope) -> v.Value:
    """The index; UNKNOWN for a slice, and for several."""
    is_one = not isinstance(node.slice, (ast.Slice, ast.Tuple))
    return environment.value(node.slice, scope) if is_one else v.UNKNOWN


def subscript(environment: Environment, node: ast.Subscript, scope: v.Scope) -> v.Value:
    """`owner[index]`, or a slice of it."""
    owner = environment.value(node.value, scope)
    if not isinstance(node.slice, ast.Slice):
        index = index_of(environment, node, scope)
        return union(*(item(environment, each, index) for each in alternatives(owner)))
    start, stop, step = (
        v.Const(None) if each is None else environment.value(each, scope)
        for each in (node.slice.lower, node.slice.upper, node.slice.step)
    )
    items = iterated(environment, owner)
    if isinstance(owner, v.Made) and not owner.items.items:
        return v.UNKNOWN
    return v.Series(sliced(items, start, stop, step), environment.regions.level)
