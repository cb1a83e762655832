"""A piece of a model in another form: operators that go, and what computes the same instead."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import networkx as nx

from archlint.graph.flops import cost_of
from archlint.graph.model import Model, graph_of
from archlint.graph.operator import Operator

__all__ = ["Rewrite", "rewritten"]


@dataclass(frozen=True, slots=True)
class Rewrite:
    """Operators that go, and those that make the same tensors in their place.

    `gone` are the indices of operators.  Each of `made` has the index of the one that it stands
    for; it reads what is there, or what others of them make.  `weights` are operators on
    constants alone, which a runtime runs once, when it loads the model.  A constant with values
    that the model does not have is a new one.
    """

    gone: frozenset[int]
    made: tuple[Operator, ...]
    weights: tuple[Operator, ...] = ()

    def __or__(self, other: Rewrite) -> Rewrite:
        """Both of them, where no operator goes in both."""
        return Rewrite(self.gone | other.gone, self.made + other.made, self.weights + other.weights)


def rewritten(model: Model, rewrite: Rewrite) -> tuple[Model, tuple[int, ...]]:
    """The model in its other form, and of each of its operators the index that it had or has.

    The operators that are left keep their order; those that are made come as early as what they
    read and the operators that they stand for.
    """
    kept = [op for op in model.operators if op.index not in rewrite.gone]
    made = (replace(op, repeats=model.operators[op.index].repeats) for op in rewrite.made)
    mixed = [*kept, *map(_with_cost, made)]
    order = _ordered(mixed)
    operators = tuple(replace(mixed[at], index=number) for number, at in enumerate(order))
    makers = {tensor.name: op.index for op in operators for tensor in op.outputs}
    origin = tuple(mixed[at].index for at in order)
    other = replace(
        model,
        operators=operators,
        graph=graph_of(operators, makers),
        makers=makers,
        passed_by=frozenset(n for n, index in enumerate(origin) if index in model.passed_by),
    )
    return other, origin


def _with_cost(op: Operator) -> Operator:
    flops, mac = cost_of(op.op_type, op.domain, op.inputs, op.outputs, op.attributes)
    return replace(op, flops=flops, mac=mac)


def _ordered(operators: Sequence[Operator]) -> list[int]:
    numbered = [replace(op, index=at) for at, op in enumerate(operators)]
    makers = {tensor.name: op.index for op in numbered for tensor in op.outputs}
    graph = graph_of(numbered, makers)
    return list(
        nx.lexicographical_topological_sort(graph, key=lambda at: (operators[at].index, at))
    )
