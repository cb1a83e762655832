"""What a compiler's loop over an operator's elements looks like: which of them it can share."""

from __future__ import annotations

from math import prod
from typing import NamedTuple

from archlint.cost.kernels.kind import Kind
from archlint.cost.kernels.ops import KINDS
from archlint.cost.lowering.pass_graph import Step
from archlint.cost.lowering.reduced_dims import reduced_dims
from archlint.graph.operator_facts import Category
from archlint.graph.operator_table import facts_of

__all__ = ["BY_CHANNEL", "Loop", "is_written", "loop_of"]

_WRITTEN = frozenset({
    Kind.ELEMENTWISE, Kind.MOVEMENT, Kind.NORMALISATION, Kind.POOL, Kind.REDUCTION, Kind.SOFTMAX,
})  # fmt: skip
"""What the compiler writes itself; for all else it calls a library."""
_LIBRARY = frozenset({"LRN", "ScatterElements", "ScatterND"})
BY_CHANNEL = frozenset({"BatchNormalization", "GroupNormalization", "InstanceNormalization"})
"""Norms that are element-wise once what they divide by is known."""
_MOST_JOINED = 8
"""Tensors that a Concat reads as part of another loop; more are copied, each by itself."""
_MAP_RANK = 4


class Loop(NamedTuple):
    """A loop over `size` elements, which leaves `rows` of them where it reduces, else 0.

    What is `closed` no loop behind it takes in.
    """

    size: int
    rows: int = 0
    closed: bool = False


def is_written(step: Step) -> bool:
    """Whether the compiler writes the kernel that runs it."""
    tensors = [*step.reads, *step.writes]
    is_known = bool(step.reads and step.writes) and all(each.elements for each in tensors)
    is_own = step.name not in _LIBRARY and KINDS.get(step.name) in _WRITTEN
    return is_known and is_own and step.launched


def loop_of(step: Step, *, channels_last: bool) -> Loop:
    """The loop that runs a step alone, in a graph whose maps lie so.

    A reduction across what lies side by side goes by its results: what makes its input runs in
    another order.
    """
    kind, size, shape = KINDS[step.name], step.output.elements or 0, step.shape
    if kind is Kind.REDUCTION:
        rank = len(step.reads[0].shape or ())
        is_pool = facts_of(step.name).category is Category.POOL
        dims = list(range(2, rank)) if is_pool else reduced_dims(step.op)
        if _crosses(dims, rank, channels_last=channels_last):
            return Loop(size)
        return Loop(step.reads[0].elements or 0, size)
    axis = step.op.attributes.get("axis", -1)
    place = axis % len(shape) if isinstance(axis, int) and shape else 0
    if kind is Kind.SOFTMAX:
        return Loop(size, size // shape[place])
    if kind is Kind.NORMALISATION and step.name not in BY_CHANNEL:
        return Loop(size, prod(shape[:place]))
    return Loop(size, closed=step.name == "Concat" and len(step.reads) > _MOST_JOINED)


def _crosses(dims: list[int], rank: int, *, channels_last: bool) -> bool:
    """Whether the elements that are reduced together lie apart, and others between them."""
    if not dims:
        return False
    if rank >= _MAP_RANK and dims == list(range(2, rank)):
        return channels_last
    if rank >= _MAP_RANK and dims == [1]:
        return not channels_last
    return rank - 1 not in dims
