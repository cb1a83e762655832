"""The kernel that a compiler writes for operators which it runs together."""

from __future__ import annotations

from archlint.cost.kernels.kernel import Kernel
from archlint.cost.kernels.kind import Kind
from archlint.cost.kernels.ops import KINDS
from archlint.cost.lowering.make_kernel import layout
from archlint.cost.lowering.pass_graph import Step
from archlint.graph.operator import Tensor

__all__ = ["fused_kernel"]


def fused_kernel(step: Step) -> Kernel | None:
    """One pass over the largest tensor, with as many operands as it moves tensors of that size.

    What it writes besides its result counts as what it reads does: memory takes either in the
    same time.  Elements are those of the smallest type among the largest tensors, so that a cast
    from four bytes to two moves three times two.
    """
    tensors = [*step.reads, *step.writes]
    if not step.reads or not step.writes or any(not each.elements for each in tensors):
        return None
    largest = max(tensors, key=_elements)
    whole = [each for each in tensors if each.elements == largest.elements]
    itemsize = min((each.bytes or 0) // _elements(each) for each in whole) or 1
    moved = round(sum(each.bytes or 0 for each in tensors) / itemsize / _elements(largest))
    batch, channels, sizes = layout(largest.shape or ())
    kind = KINDS[step.name]
    if kind is Kind.REDUCTION and all(each not in whole for each in step.writes):
        left = max(sum(map(_elements, step.writes)) // batch, 1)
        return Kernel(
            kind, step.name, channels, left, sizes, (), batch, operands=max(moved, 1),
            itemsize=itemsize,
        )  # fmt: skip
    return Kernel(
        kind, step.name, channels, channels, sizes, sizes, batch, operands=max(moved - 1, 1),
        epilogue=tuple(step.epilogue), itemsize=itemsize,
    )  # fmt: skip


def _elements(tensor: Tensor) -> int:
    return tensor.elements or 0
