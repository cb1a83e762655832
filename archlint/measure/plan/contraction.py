"""Tensors to contract, from a kernel that tells their axes by sort alone."""

from __future__ import annotations

from math import prod

from archlint.cost.kernels.kernel import Kernel

__all__ = ["axis_sizes"]

Shape = tuple[int, ...]


def axis_sizes(kernel: Kernel) -> tuple[Shape, Shape, Shape]:
    """The shapes of both operands and of the result of an Einsum.

    Of several axes of one sort (batch, rows, columns, inner) the last has the whole size: a
    kernel tells only their product, and the first is mostly the images of a batch, of which
    there is one.
    """
    terms, _, result = kernel.path.partition(">")
    left, _, right = terms.partition(",")
    sorts = {
        frozenset(a for a in left if a in right and a in result): kernel.batch,
        frozenset(a for a in left if a in right and a not in result): kernel.c_in,
        frozenset(a for a in left if a not in right): prod(kernel.in_map),
        frozenset(a for a in right if a not in left): kernel.c_out,
    }
    sizes: dict[str, int] = {}
    for axes, size in sorts.items():
        ordered = [axis for axis in dict.fromkeys(left + right) if axis in axes]
        sizes.update(dict.fromkeys(ordered, 1))
        if ordered:
            sizes[ordered[-1]] = size

    def shape(axes: str) -> Shape:
        return tuple(sizes[axis] for axis in axes)

    return shape(left), shape(right), shape(result)
