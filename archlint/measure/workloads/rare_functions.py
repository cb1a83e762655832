"""Functions that few networks have: transforms, patches, boxes, random numbers: 58 kernels."""

from __future__ import annotations

from collections.abc import Callable
from math import prod

from archlint.cost.kernels.kernel import Kernel
from archlint.cost.kernels.kind import Kind
from archlint.measure.plan.experiment import Experiment
from archlint.measure.plan.low_discrepancy import Point
from archlint.measure.plan.sampling import aligned, draw, feature_map, strided, token_rows

__all__ = ["sample"]

EACH = 5
RANDOM = "RandomNormalLike", "RandomUniformLike", "Bernoulli"
ANY_LENGTH = "any length"
"""The path of a transform whose length is no power of two."""


def sample(seed: int) -> tuple[list[Experiment], ...]:
    """Kernels drawn with this seed, by sort."""
    return (
        draw(seed, "rare grid", EACH, _grid),
        draw(seed, "rare patches", 6, _patches),
        draw(seed, "rare transform", 8, _transform),
        draw(seed, "rare frames", 7, _frames),
        draw(seed, "rare suppression", 8, _suppression),
        draw(seed, "rare distinct", EACH, _distinct),
        draw(seed, "rare Compress", 3, _kept),
        draw(seed, "rare determinant", 4, _determinant),
        *(draw(seed, f"rare {op}", 4, _random_of(op)) for op in RANDOM),
    )


def _grid(point: Point) -> list[Kernel]:
    _, sizes, batch = feature_map(point)
    return [Kernel(Kind.FUNCTION, "AffineGrid", 2, 2, sizes, sizes, batch)]


def _patches(point: Point) -> list[Kernel]:
    """As unfolded attention has them: of 3x3 at each place, or side by side."""
    channels, sizes, batch = feature_map(point)
    side, step = point.pick({(3, 1): 2.0, (3, 2): 1.0, (2, 2): 1.0, (4, 4): 1.0})
    places = strided(sizes, step)
    made = tuple(each * step for each in places)
    return [
        Kernel(
            Kind.FUNCTION, "Col2Im", channels * side**2, channels, places, made, batch,
            (side, side), (step, step),
        )
    ]  # fmt: skip


def _length(point: Point) -> tuple[int, str]:
    if point.pick({True: 2.0, False: 1.0}):
        return point.pick({64: 1.0, 256: 1.0, 512: 2.0, 1024: 1.0, 2048: 1.0}), ""
    return point.pick({100: 1.0, 400: 2.0, 480: 1.0, 1000: 1.0}), ANY_LENGTH


def _transform(point: Point) -> list[Kernel]:
    length, path = _length(point)
    rows = round(point.between(4, 512))
    bins = length // 2 + 1 if point.pick({True: 1.0, False: 1.0}) else length
    return [Kernel(Kind.FUNCTION, "DFT", length, bins, (rows,), (rows,), path=path)]


def _frames(point: Point) -> list[Kernel]:
    length, path = _length(point)
    frames = (round(point.between(16, 1000)),)
    return [Kernel(Kind.FUNCTION, "STFT", length, length // 2 + 1, frames, frames, path=path)]


def _suppression(point: Point) -> list[Kernel]:
    boxes = round(point.between(100, 10_000))
    classes = point.pick({(): 2.0, (20,): 1.0, (80,): 1.0})
    most = point.pick({100: 2.0, 200: 1.0, 1000: 1.0})
    if boxes * prod(classes) > 300_000:
        classes = ()
    return [
        Kernel(Kind.FUNCTION, "NonMaxSuppression", boxes, min(most, boxes), classes, classes)
    ]  # fmt: skip


def _distinct(point: Point) -> list[Kernel]:
    count, width = round(point.between(32, 8192)), point.pick({1: 3.0, 4: 1.0})
    return [Kernel(Kind.FUNCTION, "Unique", width, width, (count,), (count,))]


def _kept(point: Point) -> list[Kernel]:
    channels, rows, batch = token_rows(point, widest=1024)
    return [Kernel(Kind.MOVEMENT, "Compress", channels, channels, rows, rows, batch)]


def _determinant(point: Point) -> list[Kernel]:
    side, count = point.pick({3: 2.0, 8: 1.0, 32: 1.0}), aligned(point.between(8, 1024))
    return [Kernel(Kind.FUNCTION, "Det", side, side, (side,), (side,), count)]


def _random_of(op: str) -> Callable[[Point], list[Kernel]]:
    def make(point: Point) -> list[Kernel]:
        channels, sizes, batch = feature_map(point)
        return [Kernel(Kind.FUNCTION, op, channels, channels, sizes, sizes, batch)]

    return make
