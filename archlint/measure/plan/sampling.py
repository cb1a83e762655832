"""Drawing experiments from the shapes that networks have: maps, widths, epilogues."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import islice
from math import ceil, log, prod, sqrt

from archlint.cost.kernels.kernel import Kernel, conv_kind
from archlint.measure.plan.experiment import Experiment, Workload
from archlint.measure.plan.low_discrepancy import Point, at_share, filling_points, points

__all__ = [
    "ALIGNED",
    "BATCHES",
    "EPILOGUES",
    "MAPS",
    "MOST_FLOPS",
    "PLAIN",
    "SEED",
    "WIDEST",
    "Map",
    "aligned",
    "conv",
    "draw",
    "drawn",
    "equal_widths",
    "feature_map",
    "interleave",
    "rounded",
    "strided",
    "token_rows",
    "width",
    "within_bounds",
]

SEED = 1
"""Of the experiments that tables are measured with; any other gives kernels off the tables."""

Map = tuple[int, ...]

MOST_FLOPS = 2_000_000_000
MOST_BYTES = 64 * 2**20
"""Of one tensor.  Larger kernels take long and run at the rate of these."""

WIDEST = 2048

MAPS: dict[Map, float] = {
    (7, 7): 15, (8, 8): 2, (7, 14): 0.5, (10, 10): 2, (12, 12): 1.5, (14, 14): 20, (16, 16): 3,
    (12, 20): 0.5, (17, 17): 1.5, (20, 20): 2, (28, 28): 18, (32, 32): 3, (35, 35): 1.5,
    (24, 48): 1, (56, 56): 15, (64, 64): 2, (75, 75): 1, (32, 64): 0.5, (112, 112): 7,
    (128, 128): 1, (149, 149): 1, (224, 224): 2,
}  # fmt: skip
"""How often networks work at a map size, in rising order."""

ROWS = {
    16: 1.5, 49: 2.0, 64: 1.0, 77: 1.0, 128: 2.0, 144: 0.5, 196: 1.5, 197: 2.0, 256: 2.0,
    384: 1.0, 512: 1.5, 784: 1.0, 1024: 1.0, 3136: 0.8,
}  # fmt: skip
"""Tokens of an image or a text."""

BATCHES = {1: 3.0, 8: 1.0}

EPILOGUES: dict[tuple[str, ...], float] = {
    (): 40, ("Relu",): 27, ("Clip",): 8, ("Add",): 6, ("Add", "Relu"): 8, ("Sigmoid",): 3,
    ("HardSwish",): 5, ("HardSigmoid",): 3,
}  # fmt: skip

ALIGNED = {8: 3.0, 4: 0.55, 2: 0.5, 1: 0.15}
"""Of which number the widths of the first kernel of a series are odd multiples, 8 standing for
the alignment.  The others of a series are aligned, so that one conv in six is not."""

PLAIN = {8: 3.0, 4: 0.5, 2: 1.0, 1: 0.5}
"""Of which number channels are multiples where a blocked and a plain path both need rows."""

ROTATIONS = {0: 4.0, 1: 3.0, 2: 3.0}
"""How often a kernel runs at each level of weights in rotation: without weights of its own too,
for what it reads and writes has left the caches as well."""


def width(share: float, sizes: Map, most: float = WIDEST) -> float:
    """A width for this map: wide on small maps, narrow on large ones, at most `most`.

    `share` says where between the narrowest and the widest.
    """
    side = sqrt(prod(sizes))
    low = min(max(448 / side, 8.0), 64.0)
    return at_share(share, min(low, most), min(14336 / side, most))


def feature_map(point: Point) -> tuple[int, Map, int]:
    """Channels, map and batch of a tensor between convs."""
    sizes = point.pick(MAPS)
    channels = rounded(width(point.coordinate(), sizes), point.pick(ALIGNED))
    return channels, sizes, point.pick(BATCHES)


def token_rows(point: Point, widest: int) -> tuple[int, Map, int]:
    """Channels, rows and batch of a transformer's tensor; fewer rows where they are long."""
    rows = point.pick(ROWS)
    channels = rounded(point.between(64, min(widest, 2**21 / rows)), point.pick({8: 7, 4: 1, 2: 1}))
    return channels, (rows,), point.pick(BATCHES)


def aligned(value: float) -> int:
    """The nearest width of those that networks round to: coarser the wider."""
    step = 8 if value < 96 else 16 if value < 256 else 32 if value < 768 else 64
    return max(round(value / step), 1) * step


def rounded(value: float, multiple: int) -> int:
    """The nearest width that is aligned (8) or an odd multiple of 4, 2 or 1."""
    if multiple >= 8:
        return aligned(value)
    return max(round((value / multiple - 1) / 2) * 2 + 1, 1) * multiple


def equal_widths(product: float, ratio: float, step: int) -> tuple[int, int] | None:
    """Multiples of `step` with this product, or up to 3 % more, and about this ratio.

    None where there are none within a quarter of the ratio's own.
    """
    centre = sqrt(product / ratio)
    found = []
    for first in range(max(int(centre / 1.25 / step), 1) * step, int(centre * 1.25) + 1, step):
        second = ceil(product / first / step) * step
        if first * second <= 1.03 * product:
            found.append((abs(log(first / centre)), first, second))
    return min(found)[1:] if found else None


def strided(sizes: Map, stride: int) -> Map:
    """The map that a padded window leaves at this stride."""
    return tuple(ceil(size / stride) for size in sizes)


def conv(
    c_in: int,
    c_out: int,
    window: Map,
    sizes: Map,
    *,
    stride: int = 1,
    batch: int = 1,
    groups: int = 1,
    epilogue: tuple[str, ...] = (),
) -> Kernel:
    """A padded conv on a map of these sizes."""
    return Kernel(
        conv_kind(c_in, c_out, groups), "Conv", c_in, c_out, sizes, strided(sizes, stride), batch,
        window, (stride,) * len(window), groups, epilogue=epilogue,
    )  # fmt: skip


def draw(
    seed: int,
    name: str,
    count: int,
    make: Callable[[Point], Iterable[Kernel]],
    only: str = "",
    filled: int = 0,
) -> list[Experiment]:
    """So many experiments, from points of four coordinates: each point makes one series.

    `filled` more come from points that fill each coordinate by itself.  Kernels that are too
    large or were there before are left out.
    """
    found: list[Experiment] = []
    seen: set[str] = set()
    for sequence, most in (
        (points(seed, name, 4), count),
        (filling_points(seed, name), count + filled),
    ):
        for point in islice(sequence, 100 * most):
            if len(found) == most:
                break
            kernels = [e for e in make(point) if within_bounds(e) and e.text not in seen]
            if not kernels:
                continue
            rotation = point.pick(ROTATIONS)
            series = f"{name} {len({each.series for each in found}) + 1}"
            for kernel in kernels[: most - len(found)]:
                if kernel.text not in seen:
                    seen.add(kernel.text)
                    found.append(Experiment(kernel.text, series, rotation, only))
    return found


def within_bounds(kernel: Kernel) -> bool:
    """Whether FLOPs and the bytes of each tensor are small enough to measure."""
    inputs = kernel.itemsize * kernel.batch * prod(kernel.in_map) * kernel.c_in
    outputs = kernel.itemsize * kernel.batch * prod(kernel.out_map) * kernel.c_out
    return (
        kernel.flops <= MOST_FLOPS
        and max(inputs, outputs, kernel.weight_bytes) <= MOST_BYTES
        and (kernel.op != "Conv" or max(kernel.c_in, kernel.c_out) <= WIDEST)
    )


def interleave(*parts: Sequence[Experiment]) -> tuple[Experiment, ...]:
    """All parts in one order, in any prefix of which each has its share."""
    placed = [
        ((at + 0.5) / len(part), number, each)
        for number, part in enumerate(parts)
        for at, each in enumerate(part)
    ]
    return tuple(each for _, _, each in sorted(placed, key=lambda item: item[:2]))


def drawn(workloads: Iterable[Workload], seed: int = SEED) -> tuple[Experiment, ...]:
    """The experiments of some workloads, drawn with this seed, the most telling first."""
    return interleave(*(part for sample in workloads for part in sample(seed)))
