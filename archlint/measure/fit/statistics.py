"""How far the median over sessions can be trusted."""

from __future__ import annotations

from collections.abc import Sequence
from math import comb
from statistics import median

__all__ = ["bounds_of", "interval_of", "quantile"]

OUTSIDE = 0.025
"""The probability that the true median lies beyond one end of its interval."""


def bounds_of(values: Sequence[float]) -> tuple[float, float]:
    """The ends of the median's 95 % interval.

    By order statistics, which assume nothing of the distribution: the true median lies below
    the k-th smallest of n with the probability of fewer than k heads in n tosses.  Up to eight
    sessions the interval runs from the least to the greatest (with five it covers 94 %).
    """
    ordered, count = sorted(values), len(values)
    end, tail = 0, 1 + count
    while tail / 2**count <= OUTSIDE:
        end += 1
        tail += comb(count, end + 1)
    return ordered[end], ordered[count - 1 - end]


def interval_of(seconds: Sequence[float]) -> float:
    """Half the width of the median's 95 % interval, as a share of the median."""
    low, high = bounds_of(seconds)
    return (high - low) / 2 / median(seconds)


def quantile(seconds: Sequence[float], share: float) -> float:
    """The value below which this share of the sessions lies, linear between two of them."""
    ordered = sorted(seconds)
    at = share * (len(ordered) - 1)
    low = int(at)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (at - low) * (ordered[high] - ordered[low])
