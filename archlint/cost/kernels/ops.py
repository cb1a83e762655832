"""Operator types as kernels see them: read from the facts of operators."""

from __future__ import annotations

from archlint.cost.kernels.kind import Kind
from archlint.graph.operator_facts import Work
from archlint.graph.operator_table import OPERATORS, operators_that

__all__ = [
    "ACTIVATIONS",
    "ELEMENTWISE",
    "FUNCTIONS",
    "GENERIC",
    "KINDS",
    "OPERANDS",
    "POOLS",
    "REORDERS",
    "RESHAPES",
    "SLOW",
    "VIEWS",
]

ACTIVATIONS = operators_that(Work.ACTIVATION)
ELEMENTWISE = operators_that(Work.ELEMENTWISE)
POOLS = operators_that(Work.POOL)
VIEWS = operators_that(Work.VIEW, Work.IDENTITY)

RESHAPES = frozenset(name for name in operators_that(Work.VIEW) if OPERATORS[name].same_elements)
"""Of VIEWS: what gives a tensor another shape."""

SLOW = frozenset(name for name in ACTIVATIONS if OPERATORS[name].slow)
"""Of ACTIVATIONS: what takes a function or a division."""

REORDERS = frozenset({"ReorderInput", "ReorderOutput"})
"""Into and out of a blocked layout."""

GENERIC = "generic"
"""The path of what a runtime has a quick kernel for but runs by a general one, ten times slower."""

_KIND_OF = {
    Work.CONV: Kind.CONV,
    Work.TRANSPOSED_CONV: Kind.TRANSPOSED_CONV,
    Work.PRODUCT: Kind.PRODUCT,
    Work.POOL: Kind.POOL,
    Work.ACTIVATION: Kind.ELEMENTWISE,
    Work.ELEMENTWISE: Kind.ELEMENTWISE,
    Work.NORMALISATION: Kind.NORMALISATION,
    Work.SOFTMAX: Kind.SOFTMAX,
    Work.REDUCTION: Kind.REDUCTION,
    Work.MOVEMENT: Kind.MOVEMENT,
    Work.SOURCE: Kind.MOVEMENT,
    Work.VIEW: Kind.VIEW,
    Work.IDENTITY: Kind.VIEW,
    Work.CONTRACTION: Kind.CONTRACTION,
    Work.RECURRENCE: Kind.RECURRENCE,
    Work.SAMPLING: Kind.SAMPLING,
    Work.SCAN: Kind.SCAN,
    Work.ATTENTION: Kind.ATTENTION,
    Work.FUNCTION: Kind.FUNCTION,
    Work.RANDOM: Kind.FUNCTION,
}

KINDS = {name: _KIND_OF[facts.work] for name, facts in OPERATORS.items() if facts.has_kernel}
"""The kind of the kernel that runs an operator type; of a Conv's it is the dense one."""

FUNCTIONS = frozenset(name for name in KINDS if OPERATORS[name].slow)
"""Whose time on a CPU nothing but rows of their own tells; SLOW and those that run alone."""

OPERANDS = {name: facts.operands for name, facts in OPERATORS.items() if facts.operands != 1}
"""How many tensors of its output's size an operator type reads, where it is not one."""
