"""FLOPs and MAC of a block as a polynomial of its widths."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from math import prod

import numpy as np
from numpy.typing import NDArray

from archlint.cost.kernels.kernel import Kernel
from archlint.cost.kernels.kind import Kind

__all__ = ["BILINEAR", "BlockSums", "Width"]

Array = NDArray[np.float64]

BILINEAR = frozenset({Kind.CONV, Kind.GROUP_CONV, Kind.TRANSPOSED_CONV, Kind.PRODUCT})
"""Kinds whose FLOPs and weights go by both of their widths."""


@dataclass(frozen=True, slots=True)
class Width:
    """A width as `fixed + of_outer * outer + of_inner * inner`."""

    fixed: float
    of_outer: float = 0
    of_inner: float = 0

    def scaled(self, factor: float) -> Width:
        """The same share of it at all widths."""
        return Width(self.fixed * factor, self.of_outer * factor, self.of_inner * factor)

    def at(self, outer: int, inner: int) -> int:
        """The width where those of the block are these."""
        return round(self.fixed + self.of_outer * outer + self.of_inner * inner)

    def over(self, outer: Array, inner: Array) -> Array:
        """The widths over many of the block's."""
        return self.fixed + self.of_outer * outer + self.of_inner * inner


class BlockSums:
    """Sums over kernels of FLOPs and MAC, by the widths that they are proportional to.

    `lines` are those in one width, `products` those in two, each as FLOPs and bytes of one
    channel; `multiples` are widths that groups must divide.
    """

    def __init__(self) -> None:
        self.lines: defaultdict[Width, list[float]] = defaultdict(lambda: [0.0, 0.0])
        self.products: defaultdict[tuple[Width, Width], list[float]] = defaultdict(
            lambda: [0.0, 0.0]
        )
        self.multiples: set[tuple[Width, int]] = set()
        self.widths: dict[Width, None] = {}

    def add(self, kernel: Kernel, of_in: Width, of_out: Width, groups: int, count: int) -> None:
        """Add a kernel so many times, with so many groups."""
        self.widths |= {of_in: None, of_out: None}
        if kernel.kind is Kind.GROUP_CONV and groups > 1:
            self.multiples |= {(of_in, groups), (of_out, groups)}
        share = count * kernel.groups / groups / kernel.c_out
        if kernel.kind in BILINEAR:
            share /= kernel.c_in
        own = self.products[of_in, of_out] if kernel.kind in BILINEAR else self.lines[of_out]
        own[0] += kernel.flops * share
        own[1] += kernel.weight_bytes * share
        moved = count * kernel.itemsize * kernel.batch
        if kernel.op == "Concat":
            # it reads all channels that it writes
            self.lines[of_out][1] += moved * prod(kernel.in_map)
        else:
            self.lines[of_in][1] += moved * prod(kernel.in_map) * kernel.operands
        self.lines[of_out][1] += moved * prod(kernel.out_map)
