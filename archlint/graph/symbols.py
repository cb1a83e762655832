"""Symbols of sizes that are sums and products of others, as exporters write them."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Mapping

__all__ = ["value_of"]

_OPERATORS: Mapping[type[ast.operator], Callable[[int, int], int]] = {
    ast.Add: operator.add,
    ast.FloorDiv: operator.floordiv,
    ast.Mult: operator.mul,
    ast.Sub: operator.sub,
}
_LONGEST = 100


def value_of(symbol: str, symbols: Mapping[str, int]) -> int | None:
    """The size of a symbol: known itself, or as arithmetic on others that all are; else None."""
    known = symbols.get(symbol)
    if known is not None or symbol.isidentifier() or len(symbol) > _LONGEST:
        return known
    try:
        size = _value(ast.parse(symbol.strip(), mode="eval").body, symbols)
    except (SyntaxError, ValueError, ZeroDivisionError):
        return None
    return size if size is not None and size > 0 else None


def _value(node: ast.expr, symbols: Mapping[str, int]) -> int | None:
    if isinstance(node, ast.Name):
        return symbols.get(node.id)
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, int) else None
    if not isinstance(node, ast.BinOp) or type(node.op) not in _OPERATORS:
        return None
    left, right = _value(node.left, symbols), _value(node.right, symbols)
    return None if left is None or right is None else _OPERATORS[type(node.op)](left, right)
