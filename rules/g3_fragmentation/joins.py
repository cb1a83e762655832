"""Joins: trees of Add, Sum and Concat whose inner results nobody else reads."""

from __future__ import annotations

from dataclasses import dataclass

from archlint.plugin import Model, Operator, Tensor

__all__ = ["Join", "find_joins"]

_ADDS = frozenset({"Add", "Sum"})


@dataclass(frozen=True, slots=True)
class Join:
    """A tree of joins as one: `root` makes the result, `leaves` are the tensors it joins.

    `operators` are those of the tree, in topological order; `adds_only` has no Concat.
    """

    root: int
    operators: tuple[int, ...]
    leaves: tuple[Tensor, ...]
    adds_only: bool


def find_joins(model: Model) -> tuple[Join, ...]:
    """All join trees of two leaves and more, in topological order of their roots."""
    outputs = frozenset(model.outputs)
    inner: dict[int, tuple[list[int], dict[str, Tensor]]] = {}
    found = []
    for op in model.operators:
        if not _joins(op):
            continue
        members, leaves = [op.index], dict[str, Tensor]()
        for tensor in op.activations:
            tree = inner.pop(model.makers.get(tensor.name, -1), None)
            if tree is None:
                leaves[tensor.name] = tensor
            else:
                members += tree[0]
                leaves |= tree[1]
        readers = model.after(op.index)
        alone = model.uses(op.index) == 1 and op.output.name not in outputs
        if alone and _joins(model.operators[readers[0]]):
            inner[op.index] = members, leaves
        elif len(leaves) > 1:
            adds = all(model.operators[index].op_type in _ADDS for index in members)
            found.append(Join(op.index, tuple(sorted(members)), tuple(leaves.values()), adds))
    return tuple(found)


def _joins(op: Operator) -> bool:
    """Whether it joins computed maps: sums of one shape, or a concatenation of channels."""
    if op.domain or len(op.activations) < 2:
        return False
    if op.op_type in _ADDS:
        return all(tensor.shape == op.output.shape for tensor in op.activations)
    rank = len(op.output.shape or ())
    axis = op.attributes.get("axis")
    if op.op_type != "Concat" or rank < 3 or not isinstance(axis, int):
        return False
    return axis % rank == 1 or (rank > 3 and axis % rank == rank - 1)
