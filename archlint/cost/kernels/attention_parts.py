"""What attention computes step by step, for a target that has no rows of it as one kernel."""

from __future__ import annotations

from math import prod

from archlint.cost.kernels.kernel import Kernel
from archlint.cost.kernels.kind import Kind

__all__ = ["attention_parts"]


def attention_parts(kernel: Kernel) -> tuple[Kernel, ...]:
    """Scores, what is added to them, their Softmax and the sums of values.

    Where heads lie side by side they are brought to the front before, and back behind it.
    """
    rows, keys, heads = prod(kernel.out_map), prod(kernel.in_map), kernel.batch
    words = kernel.path.split(" ")
    parts = [_product(kernel.c_in, keys, rows, heads)]
    scores = rows, keys
    if "masked" in words or "causal" in words:
        parts.append(Kernel(
            Kind.ELEMENTWISE, "Add", heads, heads, scores, scores, operands=1, path="by map"
        ))  # fmt: skip
    parts.append(Kernel(Kind.SOFTMAX, "Softmax", heads, heads, scores, scores))
    parts.append(_product(keys, kernel.c_out, rows, heads))
    if kernel.op != "Attention" or "rows" in words:
        shared = heads // kernel.groups
        sides = (
            (rows, (heads, kernel.c_in)), (keys, (shared, kernel.c_in)),
            (keys, (shared, kernel.c_out)), (rows, (heads, kernel.c_out)),
        )  # fmt: skip
        parts += [
            Kernel(Kind.MOVEMENT, "Transpose", count, count, sizes, sizes, path="perm 0-2-1-3")
            for count, sizes in sides
        ]
    return tuple(
        each._replace(itemsize=kernel.itemsize, rotation=kernel.rotation) for each in parts
    )


def _product(inner: int, outer: int, rows: int, batch: int) -> Kernel:
    sizes = (rows,) if rows > 1 else ()
    return Kernel(Kind.PRODUCT, "MatMul", inner, outer, sizes, sizes, batch, constant=False)
