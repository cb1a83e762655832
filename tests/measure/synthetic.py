"""A device whose every time is known: launch, FLOPs and bytes at fixed rates."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from archlint.cost.kernels.kernel import Kernel
from archlint.cost.kernels.kind import Kind
from archlint.cost.pricing.machine import Machine

__all__ = ["MACHINE", "conv_times", "pointwise"]

MACHINE = Machine(near=2**19, far=2**25)


def pointwise(count: int, seed: int) -> list[Kernel]:
    """Convs of 1x1, no two the same."""
    random = Random(seed)
    found: dict[Kernel, None] = {}
    while len(found) < count:
        c_in, c_out = (8 * random.randint(1, 64) for _ in range(2))
        size = random.choice([7, 14, 28, 56])
        kernel = Kernel(Kind.CONV, "Conv", c_in, c_out, (size, size), (size, size))
        found[kernel] = None
    return list(found)


def conv_times(kernels: Sequence[Kernel]) -> list[float]:
    """Seconds of each."""
    return [2e-6 + 2e-11 * each.flops + 5e-11 * each.mac for each in kernels]
