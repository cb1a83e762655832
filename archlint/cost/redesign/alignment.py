"""What of an alternative's gain is that of aligned widths, which rule A1 tells."""

from __future__ import annotations

from collections.abc import Iterable
from math import lcm

from archlint.cost.kernels.kernel import Kernel
from archlint.cost.pricer import Pricer
from archlint.cost.redesign.redesign import Block

__all__ = ["owes_to_alignment"]


def owes_to_alignment(block: Block, instead: Iterable[Kernel], pricer: Pricer, step: int) -> bool:
    """Whether the block's own widths, rounded up to `step`, gain more than half of it alone.

    So rounded the block has no fewer FLOPs than now.  Its groups stay, and divide the widths.
    """
    step = lcm(step, block.groups)
    outer, inner = (-(-each // step) * step for each in (block.outer, block.inner))
    if not block.can_have(outer, inner, block.groups):
        return False
    rounded = block.at(outer, inner, block.groups)
    now, aligned, other = (pricer.seconds(each) for each in (block.kernels, rounded, instead))
    if now is None or aligned is None or other is None:
        return False
    return aligned < now and aligned**2 < now * other
