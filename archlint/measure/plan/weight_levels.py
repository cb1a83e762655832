"""At how many bytes of weights in rotation kernels are measured."""

from __future__ import annotations

__all__ = ["weight_levels"]

UNTOLD = 32 * 2**20


def weight_levels(near: int, last: int) -> tuple[int, ...]:
    """MB that stay in a core's own cache, in the last one, that do not, and between these two.

    Both caches are in bytes; without one of its own a core has no level for it.  A quarter of the
    last cache and twice it: where products that rotate through 2 to 300 MB turned from one rate
    to the other.
    """
    size = (last or UNTOLD) / 1e6
    low, high = size / 4, 2 * size
    core = (max(round(near / 1e6), 1),) if near and 2 * near < low * 1e6 else ()
    return *core, round(low), round((low * high) ** 0.5), round(high)
