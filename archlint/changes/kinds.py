"""What steps are to a person who compares two graphs."""

from __future__ import annotations

from archlint.graph.operator import Operator
from archlint.graph.operator_facts import Category
from archlint.graph.operator_table import facts_of

__all__ = ["category_of", "is_bookkeeping"]

_STEPS = {
    "Linear": Category.LINEAR,
    "Relu6": Category.ACTIVATION,
}
"""Kinds of steps that no operator is called by."""


def category_of(kind: str) -> Category:
    """The category of a step's kind."""
    return _STEPS.get(kind) or facts_of(kind).category


def is_bookkeeping(op: Operator) -> bool:
    """Whether an operator computes nothing that tells one network from another."""
    return not op.domain and facts_of(op.op_type).category is Category.BOOKKEEPING
