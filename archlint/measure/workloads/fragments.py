"""What fragments are made of, and what joins them: 60 kernels.

24 small dense convs and 12 small depthwise ones, as the branches of NASNet and GoogLeNet have them,
and 24 joins of 2 to 8 fragments by Add, Sum and Concat.  A fragment's cost is mostly its launch, so
there are as many joins as convs.

A Concat of n fragments is written `Concat w>c nN`: c_in is one fragment's width, which makes
the bytes that it reads come out right.
"""

from __future__ import annotations

from archlint.cost.kernels.kernel import Kernel
from archlint.cost.kernels.kind import Kind
from archlint.measure.plan.experiment import Experiment
from archlint.measure.plan.low_discrepancy import Point
from archlint.measure.plan.sampling import BATCHES, Map, conv, draw, equal_widths, rounded

__all__ = ["sample"]

MAPS: dict[Map, float] = {
    (7, 7): 4, (8, 8): 1, (14, 14): 5, (17, 17): 1, (28, 28): 5, (35, 35): 1, (56, 56): 3,
}  # fmt: skip

EPILOGUES: dict[tuple[str, ...], float] = {("Relu",): 2.0, (): 1.0}


def sample(seed: int) -> tuple[list[Experiment], ...]:
    """Kernels drawn with this seed, by sort."""
    return (
        draw(seed, "fragment", 24, _dense),
        draw(seed, "depthwise fragment", 12, _depthwise),
        draw(seed, "join", 24, _join),
    )


def _width(point: Point, sizes: Map) -> int:
    return rounded(point.between(16, min(256.0, 3584 / sizes[0])), point.pick({8: 4, 4: 1, 2: 1}))


def _dense(point: Point) -> list[Kernel]:
    sizes = point.pick(MAPS)
    c_in, side = _width(point, sizes), point.pick({1: 3.0, 3: 2.0, 5: 1.0})
    c_out = max(c_in // point.pick({1: 3.0, 2: 1.0, 4: 1.0}), 8)
    batch, epilogue = point.pick(BATCHES), point.pick(EPILOGUES)
    widths = [(c_in, c_out), equal_widths(c_in * c_out, 1.0, 8)]
    return [
        conv(*each, (side, side), sizes, batch=batch, epilogue=epilogue)
        for each in widths
        if each is not None
    ]


def _depthwise(point: Point) -> list[Kernel]:
    sizes = point.pick(MAPS)
    channels, side = _width(point, sizes), point.pick({3: 2.0, 5: 2.0, 7: 1.0})
    return [
        conv(
            channels, channels, (side, side), sizes,
            stride=point.pick({1: 4.0, 2: 1.0}), batch=point.pick(BATCHES), groups=channels,
        )
    ]  # fmt: skip


def _join(point: Point) -> list[Kernel]:
    sizes, op = point.pick(MAPS), point.pick({"Concat": 3.0, "Add": 1.0, "Sum": 1.5})
    channels = _width(point, sizes)
    count = 2 if op == "Add" else point.pick({2: 3, 3: 2, 4: 3, 5: 2, 6: 2, 8: 1})
    kind = Kind.MOVEMENT if op == "Concat" else Kind.ELEMENTWISE
    joined = count * channels if op == "Concat" else channels
    return [
        Kernel(
            kind, op, channels, joined, sizes, sizes, point.pick(BATCHES), operands=count
        )
    ]  # fmt: skip
