"""Where the window of a kernel lies: its reach, the padding around the map, what falls on it."""

from __future__ import annotations

from functools import lru_cache
from math import prod

from archlint.cost.kernels.kernel import Kernel

__all__ = ["padding_of", "reach_of", "share_inside"]


def reach_of(kernel: Kernel) -> tuple[int, ...]:
    """From the first to the last tap of the window, by dim."""
    if not kernel.dilations:
        return kernel.window
    pairs = zip(kernel.window, kernel.dilations, strict=True)
    return tuple((size - 1) * apart + 1 for size, apart in pairs)


def padding_of(kernel: Kernel) -> tuple[int, ...]:
    """How many positions both sides of the map need together, by dim."""
    return tuple(
        max((out - 1) * stride + reach - size, 0)
        for size, out, reach, stride in zip(
            kernel.in_map, kernel.out_map, reach_of(kernel), kernel.strides, strict=True
        )
    )


@lru_cache(maxsize=1 << 12)
def share_inside(kernel: Kernel, dims: int) -> float:
    """Which share of a dilated window's taps falls on the map, against the same one undilated.

    Along the first `dims` dims of the map.  1 for a window that is not dilated: what it has on
    the padding is in every measured row.
    """
    if not kernel.dilations:
        return 1.0
    return _on_map(kernel, dims) / _on_map(kernel._replace(dilations=()), dims)


def _on_map(kernel: Kernel, dims: int) -> int:
    """Taps on the map, over all positions of the result."""
    counts = []
    for at, pad in enumerate(padding_of(kernel)[:dims]):
        stride, apart = kernel.strides[at], kernel.dilations[at] if kernel.dilations else 1
        first = -(pad // 2)
        taps = (
            first + out * stride + tap * apart
            for out in range(kernel.out_map[at])
            for tap in range(kernel.window[at])
        )
        counts.append(sum(0 <= place < kernel.in_map[at] for place in taps))
    return prod(counts)
