"""What a fused function can cost at the most: what it costs as a kernel of its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from archlint.cost.kernels.kernel import Chain, Kernel
from archlint.cost.kernels.kind import Kind
from archlint.cost.kernels.ops import ACTIVATIONS, SLOW
from archlint.cost.pricing.price import Basis, Price

__all__ = ["fused_ceiling"]

_CHANNELS, _SIZES = 64, (56, 56)
_FUSED = {"fused comparisons": ACTIVATIONS - SLOW - {"Relu"}, "fused functions": SLOW}
_KNOWN = (Basis.MEASURED, Basis.INTERPOLATED)


def fused_ceiling(
    terms: Sequence[str],
    rows: Sequence[tuple[Chain, float]],
    price: Callable[[Kernel], Price | None],
) -> Mapping[str, float]:
    """Seconds for an element that a fit's coefficients cannot be above, by term.

    What is fused works on what is in a cache, so that it takes no longer than alone.  Where a
    family has but a few rows of it, each a thousand times as long, the fit alone says anything.
    """
    fused = {op for chain, _ in rows for _, kernel in chain for op in kernel.epilogue}
    found = {}
    for term in _FUSED.keys() & set(terms):
        alone = [
            Kernel(Kind.ELEMENTWISE, op, _CHANNELS, _CHANNELS, _SIZES, _SIZES)
            for op in sorted(fused & _FUSED[term])
        ]
        prices = [each for each in map(price, alone) if each is not None and each.basis in _KNOWN]
        if alone and len(prices) == len(alone):
            elements = _CHANNELS * _SIZES[0] * _SIZES[1]
            found[term] = max(each.seconds for each in prices) / elements
    return found
