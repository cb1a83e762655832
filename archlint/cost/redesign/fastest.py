"""The fastest of the widths at which a block has the FLOPs of now."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from archlint.cost.kernels.kernel import Kernel
from archlint.cost.kernels.kind import Kind
from archlint.cost.pricer import Pricer
from archlint.cost.redesign.redesign import Block, Candidate

__all__ = ["fastest", "width_step"]

_LAYERS = frozenset({Kind.CONV, Kind.DEPTHWISE, Kind.TRANSPOSED_CONV, Kind.PRODUCT})
"""Kinds that are fast or slow by their whole widths; group convs are by their groups'."""


def width_step(pricer: Pricer, kernels: Iterable[Kernel]) -> int:
    """What the widths of kernels like these are to be multiples of to run at full speed."""
    families = {pricer.family(kernel) for kernel in kernels if kernel.kind in _LAYERS}
    return max([pricer.target.width_step, *(each.width_step for each in families if each)])


def fastest(
    block: Block,
    pricer: Pricer,
    accept: Callable[[Candidate], bool] | None = None,
    *,
    groups: int = 1,
    limit: int = 8,
) -> Candidate | None:
    """The fastest candidate that is acceptable, with so many groups where they may change.

    One whose outer width falls by more than a quarter is taken only if no other one is surely
    faster than now.
    """
    best, most = None, 0.0
    step = width_step(pricer, block.at(block.outer, block.inner))
    for widths in block.widths(step, groups):
        quickest, least = None, float("inf")
        tried = (block.candidate(*each, groups) for each in widths[:limit])
        candidates = [each for each in tried if accept is None or accept(each)]
        pricer.learn(kernel for each in candidates for kernel in each.kernels)
        for candidate in candidates:
            seconds = pricer.seconds(candidate.kernels)
            if seconds is not None and seconds < least:
                quickest, least = candidate, seconds
        if quickest is None:
            continue
        comparison = pricer.compare(block.kernels, quickest.kernels)
        if comparison is None:
            continue
        if comparison.low > 1.0:
            return quickest
        if comparison.slowdown > most:
            best, most = quickest, comparison.slowdown
    return best
