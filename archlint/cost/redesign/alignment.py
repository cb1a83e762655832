"""What of an alternative's gain is that of aligned widths, which rule A1 tells."""

from __future__ import annotations

from collections.abc import Iterable
from math import ceil, lcm

from archlint.cost.kernels.kernel import Kernel
from archlint.cost.pricer import Pricer
from archlint.cost.redesign.redesign import FEWEST_FLOPS, Block

__all__ = ["owes_to_alignment"]


def owes_to_alignment(block: Block, instead: Iterable[Kernel], pricer: Pricer, step: int) -> bool:
    """Whether the block's own widths, at multiples of `step`, gain more than half of it alone.

    They are rounded up, so that it has no fewer FLOPs than now, or to the nearest, where that
    leaves it about those of now; for what it has fewer its time counts as longer.  Its groups
    stay, and divide the widths.
    """
    now, other = pricer.seconds(block.kernels), pricer.seconds(instead)
    if now is None or other is None:
        return False
    step = lcm(step, block.groups)
    for rounded in (ceil, round):
        outer, inner = (max(1, rounded(each / step)) * step for each in (block.outer, block.inner))
        if not block.can_have(outer, inner, block.groups):
            continue
        kernels = block.at(outer, inner, block.groups)
        flops = sum(each.flops for each in kernels) / sum(each.flops for each in block.kernels)
        aligned = pricer.seconds(kernels) if flops >= FEWEST_FLOPS else None
        if aligned is not None:
            aligned /= min(flops, 1.0)
            if aligned < now and aligned**2 < now * other:
                return True
    return False
