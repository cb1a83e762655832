"""What a fused function can cost at the most: what it costs as a kernel of its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from archlint.cost.kernels.kernel import Kernel
from archlint.cost.kernels.kind import Kind
from archlint.cost.kernels.ops import SLOW
from archlint.cost.pricing.observation import Observation
from archlint.cost.pricing.price import Basis, Price

__all__ = ["fused_ceiling"]

_TERM = "fused functions"
_CHANNELS, _SIZES = 64, (56, 56)
_KNOWN = (Basis.MEASURED, Basis.INTERPOLATED)


def fused_ceiling(
    terms: Sequence[str],
    rows: Sequence[Observation],
    price: Callable[[Kernel], Price | None],
) -> Mapping[str, float]:
    """Seconds for an element that a fit's coefficient of slow functions cannot be above.

    Such a function is limited by arithmetic, and fused it computes the same: it takes no longer
    than alone.  Where a family has but a few rows of one, each a thousand times as long, its fit
    says anything.  Of comparisons that does not hold: alone they are limited by memory.
    """
    if _TERM not in terms:
        return {}
    fused = {op for row in rows for _, kernel in row.chain for op in kernel.epilogue}
    alone = [
        Kernel(Kind.ELEMENTWISE, op, _CHANNELS, _CHANNELS, _SIZES, _SIZES)
        for op in sorted(fused & SLOW)
    ]
    prices = [each for each in map(price, alone) if each is not None and each.basis in _KNOWN]
    if not alone or len(prices) < len(alone):
        return {}
    return {_TERM: max(each.seconds for each in prices) / (_CHANNELS * _SIZES[0] * _SIZES[1])}
