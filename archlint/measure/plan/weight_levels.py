"""At how many bytes of weights in rotation kernels are measured."""

from __future__ import annotations

__all__ = ["weight_levels"]

UNTOLD = 32 * 2**20


def weight_levels(cache: int) -> tuple[int, int, int]:
    """MB of weights that stay in a last cache of so many bytes, that do not, and between.

    A quarter of the cache and twice it: where products that rotate through 2 to 300 MB turned
    from one rate to the other.
    """
    size = (cache or UNTOLD) / 1e6
    low, high = size / 4, 2 * size
    return round(low), round((low * high) ** 0.5), round(high)
