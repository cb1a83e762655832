"""What few networks have of other kinds: moves, normalisations, other convs: 74 kernels."""

from __future__ import annotations

from collections.abc import Callable

from archlint.cost.kernels.kernel import Kernel
from archlint.cost.kernels.kind import Kind
from archlint.measure.plan.experiment import Experiment
from archlint.measure.plan.low_discrepancy import Point
from archlint.measure.plan.sampling import (
    aligned,
    conv,
    draw,
    feature_map,
    strided,
    token_rows,
)

__all__ = ["sample"]

EACH = 4
FEW = 2

_Sizes = tuple[int, ...]
TRANSPOSED: dict[tuple[_Sizes, _Sizes, _Sizes], float] = {
    ((3, 3), (2, 2), (28, 28)): 2.0, ((3, 3), (1, 1), (28, 28)): 1.0,
    ((4, 4), (2, 2), (14, 14)): 1.0, ((16,), (8,), (256,)): 2.0, ((4,), (2,), (1024,)): 2.0,
    ((2, 2, 2), (2, 2, 2), (8, 8, 8)): 2.0,
}  # fmt: skip
"""Windows, strides and maps that decoders of images, sounds and volumes have."""


def sample(seed: int) -> tuple[list[Experiment], ...]:
    """Kernels drawn with this seed, by sort."""
    return (
        *(
            draw(seed, f"uncommon {op}", EACH, _blocks_of(op))
            for op in ("DepthToSpace", "SpaceToDepth")
        ),
        draw(seed, "uncommon Tile", EACH, _tile),
        draw(seed, "uncommon Expand", EACH, _rows_of(Kind.MOVEMENT, "Expand")),
        draw(seed, "uncommon Trilu", 3, _triangle),
        draw(seed, "uncommon EyeLike", FEW, _square),
        draw(seed, "uncommon Range", FEW, _range),
        draw(seed, "uncommon ConstantOfShape", FEW, _rows_of(Kind.MOVEMENT, "ConstantOfShape")),
        draw(seed, "uncommon normalisation", 2 * EACH, _normalisation),
        draw(seed, "uncommon softmax", EACH + FEW, _softmax),
        draw(seed, "uncommon transposed conv", 12, _transposed),
        draw(seed, "uncommon deformed conv", 10, _deformed),
        draw(seed, "uncommon ReverseSequence", EACH, _reversed),
        draw(seed, "uncommon TensorScatter", EACH, _cache),
        draw(seed, "uncommon pool", EACH + 1, _pool),
    )


def _blocks_of(op: str) -> Callable[[Point], list[Kernel]]:
    def make(point: Point) -> list[Kernel]:
        channels, sizes, batch = feature_map(point)
        side = point.pick({2: 3.0, 4: 1.0})
        small, large = sizes, tuple(side * size for size in sizes)
        few = max(channels // side**2, 1)
        many = few * side**2
        if op == "SpaceToDepth":
            return [Kernel(Kind.MOVEMENT, op, few, many, large, small, batch)]
        path = point.pick({"CRD": 2.0, "": 1.0})
        return [Kernel(Kind.MOVEMENT, op, many, few, small, large, batch, path=path)]

    return make


def _tile(point: Point) -> list[Kernel]:
    channels, sizes, batch = feature_map(point)
    times = point.pick({2: 2.0, 4: 1.0})
    if point.pick({True: 1.0, False: 1.0}):
        return [Kernel(Kind.MOVEMENT, "Tile", channels, channels * times, sizes, sizes, batch)]
    out = tuple(times * size for size in sizes)
    return [Kernel(Kind.MOVEMENT, "Tile", channels, channels, sizes, out, batch)]


def _rows_of(kind: Kind, op: str) -> Callable[[Point], list[Kernel]]:
    def make(point: Point) -> list[Kernel]:
        channels, rows, batch = token_rows(point, widest=2048)
        return [Kernel(kind, op, channels, channels, rows, rows, batch)]

    return make


def _triangle(point: Point) -> list[Kernel]:
    """A causal mask, as many rows as columns."""
    side = aligned(point.between(32, 1024))
    return [Kernel(Kind.MOVEMENT, "Trilu", 1, 1, (side, side), (side, side))]


def _square(point: Point) -> list[Kernel]:
    side = aligned(point.between(16, 512))
    return [Kernel(Kind.MOVEMENT, "EyeLike", side, side, batch=side)]


def _range(point: Point) -> list[Kernel]:
    count = round(point.between(64, 65536))
    return [Kernel(Kind.MOVEMENT, "Range", count, count, itemsize=8)]


def _normalisation(point: Point) -> list[Kernel]:
    """Of rows, or of maps over all images."""
    if point.pick({True: 1.0, False: 1.0}):
        return _rows_of(Kind.NORMALISATION, "LpNormalization")(point)
    channels, sizes, batch = feature_map(point)
    op = "MeanVarianceNormalization"
    return [Kernel(Kind.NORMALISATION, op, channels, channels, sizes, sizes, batch)]


def _softmax(point: Point) -> list[Kernel]:
    return _rows_of(Kind.SOFTMAX, point.pick({"LogSoftmax": 2.0, "Hardmax": 1.0}))(point)


def _transposed(point: Point) -> list[Kernel]:
    """Of one, two and three dims, dense and depthwise."""
    c_in = aligned(point.between(16, 256))
    window, strides, sizes = point.pick(TRANSPOSED)
    groups = c_in if point.pick({True: 1.0, False: 3.0}) else 1
    c_out = c_in if groups > 1 else max(c_in // point.pick({2: 2.0, 1: 1.0}), 8)
    out = tuple(size * stride for size, stride in zip(sizes, strides, strict=True))
    return [
        Kernel(
            Kind.TRANSPOSED_CONV, "ConvTranspose", c_in, c_out, sizes, out, 1, window, strides,
            groups,
        )
    ]  # fmt: skip


def _deformed(point: Point) -> list[Kernel]:
    """As detectors have them in their last stages."""
    side, channels = (
        point.pick({7: 1.0, 14: 2.0, 28: 2.0, 56: 1.0}),
        aligned(point.between(16, 256)),
    )
    made = conv(channels, channels, (3, 3), (side, side), groups=point.pick({1: 3.0, 4: 1.0}))
    return [made._replace(op="DeformConv")]


def _reversed(point: Point) -> list[Kernel]:
    """Steps first, for the second way of a recurrence."""
    steps, rows = round(point.between(8, 512)), point.pick({2: 1.0, 8: 1.0})
    width = aligned(point.between(32, 1024))
    return [Kernel(Kind.MOVEMENT, "ReverseSequence", width, width, (rows,), (rows,), steps)]


def _cache(point: Point) -> list[Kernel]:
    """Of keys, of so many heads."""
    heads, rows = point.pick({4: 1.0, 8: 1.0}), aligned(point.between(128, 4096))
    sizes = rows, point.pick({64: 1.0, 128: 1.0})
    return [Kernel(Kind.MOVEMENT, "TensorScatter", heads, heads, sizes, sizes)]


def _pool(point: Point) -> list[Kernel]:
    """By the root of the sum of squares."""
    channels, sizes, batch = feature_map(point)
    if point.pick({True: 1.0, False: 1.0}):
        op = "GlobalLpPool"
        return [Kernel(Kind.REDUCTION, op, channels, channels, sizes, (), batch)]
    out = strided(sizes, 2)
    return [Kernel(Kind.POOL, "LpPool", channels, channels, sizes, out, batch, (2, 2), (2, 2))]
