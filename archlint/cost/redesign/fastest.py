"""The fastest of the widths at which a block has the FLOPs of now."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from math import log

from archlint.cost.kernels.kernel import Kernel
from archlint.cost.kernels.kind import Kind
from archlint.cost.pricer import Pricer
from archlint.cost.redesign.redesign import Block, Candidate

__all__ = ["fastest", "keeping", "width_step"]

NEARLY = 1.03
"""What takes up to so many times as long as the fastest is as fast: no band is narrower."""

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
        nearest = sorted(widths, key=lambda each: _away(block, each[0]))
        tried = dict.fromkeys((*widths[:limit], *nearest[: limit // 2]))
        candidates = [block.candidate(*each, groups) for each in tried]
        quickest = keeping(block, pricer, [e for e in candidates if accept is None or accept(e)])
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


def keeping(block: Block, pricer: Pricer, candidates: Sequence[Candidate]) -> Candidate | None:
    """Of the candidates that are nearly as fast as the fastest the one nearest to its outer width.

    What has fewer FLOPs than now counts for as long as it would take with them.
    """
    pricer.learn(kernel for each in candidates for kernel in each.kernels)
    times = [
        (seconds / min(each.flops, 1.0), each)
        for each in candidates
        if (seconds := pricer.seconds(each.kernels)) is not None
    ]
    least = min((seconds for seconds, _ in times), default=0.0)
    alike = [(seconds, each) for seconds, each in times if seconds <= NEARLY * least]
    if not alike:
        return None
    return min(alike, key=lambda each: (_away(block, each[1].outer), each[0]))[1]


def _away(block: Block, outer: int) -> float:
    return abs(log(outer / block.outer))
