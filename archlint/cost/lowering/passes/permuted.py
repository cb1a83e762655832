"""What an operator becomes where a Transpose before it is moved behind it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from archlint.cost.lowering.pass_graph import Step
from archlint.graph.operator import Attribute, Operator, Tensor
from archlint.graph.operator_facts import Work
from archlint.graph.operator_table import facts_of

__all__ = ["Moved", "Perm", "composed", "inverse", "permuted", "through_operator"]

Perm = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Moved:
    """An operator that reads its tensors before a Transpose: the Transpose behind it, its own."""

    perm: Perm
    before: Perm
    attributes: Mapping[str, Attribute] = field(default_factory=dict)

    def operator(self, step: Step) -> Operator:
        """The operator of a step whose reads and writes are the new ones."""
        op, reads = step.op, list(step.reads)
        if len(reads) != len(op.activations):
            inputs: tuple[Tensor | None, ...] = tuple(reads)
        else:
            inputs = tuple(
                reads.pop(0) if each is not None and not each.constant else self._constant(each)
                for each in op.inputs
            )
        attributes = {**op.attributes, **self.attributes}
        return replace(op, inputs=inputs, outputs=tuple(step.writes), attributes=attributes)

    def _constant(self, tensor: Tensor | None) -> Tensor | None:
        """A constant operand in the order of the others; axes, pads and scalars stay."""
        if tensor is None or tensor.dtype == "int64" or not tensor.shape:
            return tensor
        whole = (1,) * (len(self.before) - len(tensor.shape)) + tensor.shape
        return permuted(replace(tensor, shape=whole), tensor.name, inverse(self.before))


def through_operator(step: Step, perm: Perm) -> Moved | None:
    """What becomes of a step behind a Transpose that is moved behind it, None where it stays."""
    if any(len(tensor.shape or ()) != len(perm) for tensor in step.reads):
        return None
    if step.name == "Unsqueeze":
        return _unsqueezed(step, perm)
    if step.name == "Squeeze" or facts_of(step.name).work is Work.REDUCTION:
        return _without_axes(step, perm)
    axis = step.op.attributes.get("axis")
    if facts_of(step.name).along_axis or step.name == "Softmax":
        axis = -1 if axis is None and step.name == "Softmax" else axis or 0
        if step.name == "Slice" or not isinstance(axis, int):
            return Moved(perm, perm)
        return Moved(perm, perm, {"axis": perm[axis % len(perm)]})
    return Moved(perm, perm)


def _without_axes(step: Step, perm: Perm) -> Moved | None:
    axes = _axes(step.op, len(perm))
    if axes is None:
        return None
    inner = tuple(sorted(perm[each] for each in axes))
    if step.name != "Squeeze" and step.op.attributes.get("keepdims", 1):
        return Moved(perm, perm, {"axes": inner})
    return Moved(_ranks(perm[i] for i in range(len(perm)) if i not in axes), perm, {"axes": inner})


def _unsqueezed(step: Step, perm: Perm) -> Moved | None:
    rank = len(step.shape)
    axes = _axes(step.op, rank)
    if axes is None:
        return None
    places = [each for each in range(rank) if each not in axes]
    old = iter(perm)
    made = tuple(each if each in axes else places[next(old)] for each in range(rank))
    return Moved(made, perm, {"axes": axes})


def _axes(op: Operator, rank: int) -> tuple[int, ...] | None:
    """The axes that an operator names, as an attribute or as its second input."""
    axes: object = op.attributes.get("axes")
    if axes is None and len(op.inputs) > 1 and op.inputs[1] is not None:
        axes = op.inputs[1].values
    if not isinstance(axes, tuple):
        return None
    return tuple(sorted(int(each) % rank for each in axes))


def _ranks(axes: Iterable[int]) -> Perm:
    """Axes by their order among those that are left."""
    left = tuple(axes)
    return tuple(sorted(left).index(each) for each in left)


def inverse(perm: Perm) -> Perm:
    """The permutation that undoes this one."""
    return tuple(perm.index(each) for each in range(len(perm)))


def composed(first: Perm, second: Perm) -> Perm:
    """The one permutation that does what two do."""
    return tuple(first[each] for each in second)


def permuted(tensor: Tensor, name: str, perm: Perm) -> Tensor:
    """A tensor of this name with its dims in another order."""
    shape = tensor.shape or ()
    return replace(tensor, name=name, shape=tuple(shape[each] for each in perm))
