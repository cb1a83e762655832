"""A piece of a model in another form: operators that go, and what computes the same instead."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from archlint.graph.flops import cost_of
from archlint.graph.model import Model
from archlint.graph.operator import Operator
from archlint.graph.order import topological

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
    ordered = _ordered(sorted([*kept, *map(_with_cost, made)], key=lambda op: op.index))
    operators = tuple(replace(op, index=number) for number, op in enumerate(ordered))
    makers = {tensor.name: op.index for op in operators for tensor in op.outputs}
    origin = tuple(op.index for op in ordered)
    other = replace(
        model,
        operators=operators,
        makers=makers,
        passed_by=frozenset(n for n, index in enumerate(origin) if index in model.passed_by),
    )
    return other, origin


def _with_cost(op: Operator) -> Operator:
    flops, mac = cost_of(op.op_type, op.domain, op.inputs, op.outputs, op.attributes)
    return replace(op, flops=flops, mac=mac)


def _ordered(operators: Sequence[Operator]) -> list[Operator]:
    makers = {tensor.name: at for at, op in enumerate(operators) for tensor in op.outputs}
    before = [
        [makers[each.name] for each in op.inputs if each is not None and each.name in makers]
        for op in operators
    ]
    return [operators[at] for at in topological(before)]
