"""The terms of a family's fit: what a kernel's time is a non-negative sum of."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Set
from math import log2, prod

import numpy as np

from archlint.cost.kernels.kernel import Kernel
from archlint.cost.kernels.kind import Kind
from archlint.cost.kernels.ops import ACTIVATIONS, SLOW
from archlint.cost.kernels.window import share_inside
from archlint.cost.pricing.columns import Array, Columns
from archlint.cost.pricing.machine import Machine
from archlint.cost.pricing.moves import is_general, pieces_of

__all__ = [
    "OF_NETWORKS", "TERMS", "WORK_OF", "coldness", "nearness", "padded", "padding_of", "term_named",
]  # fmt: skip

_CONVS = frozenset({Kind.CONV, Kind.GROUP_CONV, Kind.DEPTHWISE})
_SKIPPED = {Kind.CONV: 2, Kind.GROUP_CONV: 1}
"""Along how many dims of the map blocked convs skip padding: a short sum gains by rows only."""

_SUMMING = frozenset({Kind.CONV, Kind.GROUP_CONV, Kind.TRANSPOSED_CONV, Kind.PRODUCT})


def padded(channels: Array, block: int) -> Array:
    """Channels rounded up to whole blocks."""
    whole: Array = np.ceil(channels / block) * block
    return whole


def coldness(columns: Columns, machine: Machine) -> Array:
    """The share of a kernel's weights that come from memory at each run, 0 to 1.

    In the log of the bytes in rotation it rises from a quarter of the last cache to twice it:
    so it was measured with products that rotate through 2 to 300 MB.
    """
    if not machine.far:
        return np.zeros(len(columns))
    # a rotation that is not told, 0, is as none at all
    octaves = np.log2(np.maximum(4e6 * columns.rotation / machine.far, 1.0))
    share: Array = np.minimum(octaves / 3, 1.0)
    return share


def nearness(columns: Columns, machine: Machine) -> Array:
    """How near a model is to running in a core's own cache, 0 to 1.

    In the log of the bytes in rotation it rises from a quarter of the last cache to the size of
    the core's own.
    """
    # the level of the last cache is told in whole MB
    top, near = 1e6 * round(machine.far / 4e6), machine.near
    if not near or near >= top:
        return np.zeros(len(columns))
    rotating = np.where(columns.rotation > 0, 1e6 * columns.rotation, top)
    share: Array = np.clip(np.log2(top / rotating) / log2(top / near), 0.0, 1.0)
    return share


def _flops(columns: Columns, machine: Machine) -> Array:
    """FLOPs at the widths that the kernel's path pads to."""
    flops: Array = columns.flops.copy()
    for at, kernel in enumerate(columns.kernels):
        if kernel.path.startswith("nchwc") and kernel.kind in _CONVS:
            flops[at] *= padding_of(kernel, machine.block)
    return flops * columns.each(_run)


def padding_of(kernel: Kernel, block: int) -> float:
    """How many times more FLOPs a conv of the blocked layout has at the widths it pads to."""
    share = -(-kernel.c_out // block) * block / kernel.c_out
    if kernel.path == "nchwc" and kernel.kind is not Kind.DEPTHWISE:
        inputs = -(-kernel.c_in // block) * block // kernel.groups
        share *= inputs / (kernel.c_in // kernel.groups)
    return share


def _lines(columns: Columns, machine: Machine) -> Array:
    """Runs of the innermost loop: lines of the result, by blocks of it, by what each sums up."""
    summing = columns.each(lambda kernel: kernel.kind in _SUMMING) > 0
    inputs = np.where(summing, np.maximum(columns.c_in // columns.groups, 1.0), 1.0)
    lines = columns.batch * columns.out_positions / columns.line
    runs: Array = lines * columns.c_out / machine.block * inputs * columns.window
    return runs * columns.each(_run)


def _run(kernel: Kernel) -> float:
    """The share of a kernel's taps that are computed: blocked convs skip those on the padding.

    So measured with 3x3 convs on maps of 14 to 56: 24 apart on 32x32 a dense one takes 0.35 of
    its time undilated (0.26 of the taps are on the map), one of groups of a block on 28x28 as
    much (0.44 of the rows).  Depthwise and plain convs take as long as undilated ones.
    """
    if not kernel.dilations or kernel.path != "nchwc" or kernel.kind not in _SKIPPED:
        return 1.0
    return share_inside(kernel, _SKIPPED[kernel.kind])


def _unfolded(columns: Columns, _: Machine) -> Array:
    """Elements of the matrix of windows that a conv in no blocked layout is multiplied as."""

    def windows(kernel: Kernel) -> bool:
        is_dense = kernel.kind in (Kind.CONV, Kind.GROUP_CONV)
        moves = prod(kernel.window) > 1 or prod(kernel.strides) > 1
        return is_dense and moves and not kernel.path.startswith("nchwc")

    elements: Array = columns.batch * columns.out_positions * columns.c_in * columns.window
    return elements * columns.each(windows)


def _farness(columns: Columns, machine: Machine) -> Array:
    """The share of a kernel's activations that leave a core's own cache, 0 to 1."""
    if not machine.near:
        return np.ones(len(columns))
    octaves = np.log2(np.maximum(2 * columns.activation_bytes / machine.near, 1.0))
    share: Array = np.minimum(octaves / 4, 1.0)
    return share


def _fused(ops: Set[str]) -> Callable[[Columns, Machine], Array]:
    def elements(columns: Columns, _: Machine) -> Array:
        count = columns.each(lambda kernel: sum(op in ops for op in kernel.epilogue))
        found: Array = count * columns.batch * columns.out_positions * columns.c_out
        return found

    return elements


TERMS: Mapping[str, Callable[[Columns, Machine], Array]] = {
    "launch": lambda c, _: np.ones(len(c)),
    "launch outside": lambda c, m: 1 - nearness(c, m),
    "launch cold": coldness,
    "flops": _flops,
    "bytes": lambda c, _: c.mac,
    "lines": _lines,
    "pieces": lambda c, _: c.each(pieces_of) - 1,
    "general pieces": lambda c, _: c.each(lambda k: is_general(k) and pieces_of(k)),
    "unfolded": _unfolded,
    "steps": lambda c, _: c.each(lambda k: k.kind is Kind.RECURRENCE and prod(k.in_map)),
    "weights from core": lambda c, m: c.weight_bytes * nearness(c, m),
    "weights from cache": lambda c, m: c.weight_bytes * (1 - coldness(c, m) - nearness(c, m)),
    "weights from memory": lambda c, m: c.weight_bytes * coldness(c, m),
    "activations near": lambda c, m: c.activation_bytes * (1 - _farness(c, m)),
    "activations far": lambda c, m: c.activation_bytes * _farness(c, m),
    "fused Relu": _fused({"Relu"}),
    "fused comparisons": _fused(ACTIVATIONS - SLOW - {"Relu"}),
    "fused functions": _fused(SLOW),
}
"""By name: 1, FLOPs, bytes, loop runs, pieces, steps, elements; a coefficient is seconds each."""

_TILE = 4
"""Rows and columns of the result that one tile of Winograd's transform makes."""


def _in_tiles(columns: Columns, _: Machine) -> Array:
    """FLOPs on maps of whole tiles."""

    def share(kernel: Kernel) -> float:
        whole = (-(-size // _TILE) * _TILE for size in kernel.out_map)
        return prod(whole) / prod(kernel.out_map)

    flops: Array = columns.flops * columns.each(share)
    return flops


OF_NETWORKS: Mapping[str, Callable[[Columns, Machine], Array]] = {
    "results": lambda c, _: c.batch * c.out_positions * c.c_out,
    "weights": lambda c, _: c.weight_bytes,
    "flops a result": lambda c, _: c.flops / c.c_out,
    "flops off step": lambda c, _: c.flops * ((c.c_in % 8 > 0) | (c.c_out % 8 > 0)),
    "flops a channel": lambda c, _: c.flops * c.groups / c.c_in,
    "flops in tiles": _in_tiles,
    "tiles read": lambda c, m: _in_tiles(c, m) / c.c_out,
    "tiles written": lambda c, m: _in_tiles(c, m) / c.c_in,
    "functions": lambda c, _: c.each(lambda k: k.op in SLOW) * c.batch * c.out_positions * c.c_out,
    "flops off sixteens": lambda c, _: (
        c.flops * ((c.c_in / c.groups > 16) & (c.c_in / c.groups % 16 > 0))
    ),
}
"""Further terms of what is inferred from networks, which tell no residual of single kernels.

"Flops a result" are those that a wider kernel would share between more outputs, "flops a channel"
those that one with more channels a group would share between these, "flops off step" those of
widths that are no multiples of 8, which tensor cores take in eights, "flops off sixteens" those of
groups that are wider than 16 and no multiples of it.  Tiles are those of
Winograd: they are transformed by channel, in and out.  "Functions" are elements that take one.
"""

WORK_OF = "work of "
"""Begins the name of a term for one operator of a family: its FLOPs, or elements if it has none."""


def term_named(name: str) -> Callable[[Columns, Machine], Array]:
    """The term of this name, of the two lists or of an operator; raises KeyError for another."""
    if not name.startswith(WORK_OF):
        return TERMS.get(name) or OF_NETWORKS[name]
    op = name.removeprefix(WORK_OF)

    def work(columns: Columns, _: Machine) -> Array:
        found = np.zeros(len(columns))
        places = columns.by_op.get(op)  # of scores of operators most kernels are of none
        if places is not None:
            flops = columns.flops[places]
            found[places] = np.where(flops > 0, flops, columns.mac[places] / 4)
        return found

    return work
