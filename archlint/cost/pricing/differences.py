"""What rows of chains tell of single kernels: a chain's parts, and how two chains differ."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from archlint.cost.kernels.kernel import Chain, Kernel
from archlint.cost.kernels.kind import Kind
from archlint.cost.pricing.observation import Observation
from archlint.cost.pricing.table import Row

__all__ = ["differences", "kinds_of", "split_chain"]


def split_chain(chain: Chain) -> Counter[Kernel]:
    """The chain's kernels and, apart, what is fused into them."""
    parts: Counter[Kernel] = Counter()
    for count, kernel in chain:
        parts[kernel.core] += count
        for epilogue in kernel.epilogues:
            parts[epilogue] += count
    return parts


def kinds_of(chain: Chain) -> frozenset[Kind]:
    """The kinds of the chain's kernels."""
    return frozenset(kernel.kind for _, kernel in chain)


def differences(table: Sequence[Row]) -> list[Observation]:
    """What a row has over another one of its series, and how much longer it took."""
    found = []
    split = [(row, split_chain(row.chain)) for row in table]
    for longer, more in split:
        for shorter, fewer in split:
            if longer.series != shorter.series or longer.median_s <= shorter.median_s:
                continue
            rest = more.copy()
            rest.subtract(fewer)
            if all(count >= 0 for count in rest.values()):
                chain = tuple((count, kernel) for kernel, count in rest.items() if count)
                if chain:
                    found.append(Observation(chain, longer.median_s - shorter.median_s))
    return found
