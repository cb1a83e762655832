"""What the time of now would buy: an alternative made wider until it takes as long."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from math import inf, lcm
from typing import TypeVar

from archlint.cost.kernels.kernel import Kernel
from archlint.cost.pricer import Pricer
from archlint.cost.redesign.fastest import width_step
from archlint.cost.redesign.redesign import Block, Candidate

__all__ = ["as_long", "at_equal_time"]

MORE = 1.1
"""What is said to cost as much as now has at least this many times the FLOPs."""

_T = TypeVar("_T")


def at_equal_time(block: Block, candidate: Candidate, pricer: Pricer) -> Candidate | None:
    """The alternative up to twice as wide, at the time that the block takes now.

    None where that is hardly more than the alternative.  Where this keeps the outer width, so
    does what is wider.
    """
    step = lcm(width_step(pricer, candidate.kernels), candidate.groups)
    keeps = block.has_inner and candidate.outer == block.outer
    grows = candidate.inner if keeps else candidate.outer
    widths = []
    for width in range((grows // step + 1) * step, 2 * grows + 1, step):
        inner = max(round(candidate.inner * width / grows / step), 1) * step
        each = (candidate.outer, inner) if keeps else (width, inner)
        if block.can_have(*each, candidate.groups):
            widths.append(each)

    def kernels(each: tuple[int, int]) -> Iterable[Kernel]:
        return block.at(*each, candidate.groups)

    found = as_long(pricer, block.kernels, widths, kernels)
    if found is None:
        return None
    wider = block.candidate(*found, candidate.groups)
    return wider if wider.flops >= MORE * candidate.flops else None


def as_long(
    pricer: Pricer,
    now: Iterable[Kernel],
    widths: Sequence[_T],
    kernels: Callable[[_T], Iterable[Kernel]],
) -> _T | None:
    """The widest of rising widths whose kernels take no longer than these do now, if any."""
    limit = pricer.seconds(now)
    if limit is None:
        return None
    count = bisect_right(widths, limit, key=lambda each: pricer.seconds(kernels(each)) or inf)
    return widths[count - 1] if count else None
