"""Dense convs in series of equal FLOPs: 384 kernels.

164 of 1x1 and 88 of 3x3, which most networks' time goes into, at ratios of their widths from 1:1
to 1:16; 72 more whose input channels no blocked layout takes; 60 of other windows, stems and
patch embeddings.
"""

from __future__ import annotations

from math import prod, sqrt

from archlint.cost.kernels.kernel import Kernel
from archlint.measure.plan.experiment import Experiment
from archlint.measure.plan.low_discrepancy import Point
from archlint.measure.plan.sampling import (
    ALIGNED,
    BATCHES,
    EPILOGUES,
    MAPS,
    MOST_FLOPS,
    Map,
    aligned,
    conv,
    draw,
    equal_widths,
    rounded,
    strided,
    width,
)
from archlint.measure.workloads.ratios import RATIOS, ratios_of_partners

__all__ = ["sample"]

WINDOWS: dict[Map, float] = {
    (5, 5): 8, (7, 7): 6, (1, 3): 2, (3, 1): 2, (1, 7): 2, (7, 1): 2, (2, 2): 2, (4, 4): 1,
}  # fmt: skip


def sample(seed: int) -> tuple[list[Experiment], ...]:
    """Kernels drawn with this seed, by sort."""
    return (
        draw(seed, "conv 1x1", 96, lambda point: _convs(point, (1, 1)), filled=26),
        draw(seed, "conv of 1x1 map", 30, _squeeze_excite, filled=12),
        draw(seed, "conv 3x3", 70, lambda point: _convs(point, (3, 3)), filled=18),
        draw(seed, "conv window", 26, lambda point: _convs(point, point.pick(WINDOWS)), filled=6),
        draw(seed, "plain conv 1x1", 28, lambda point: _plain(point, (1, 1)), filled=8),
        draw(seed, "plain conv 3x3", 28, lambda point: _plain(point, (3, 3)), filled=8),
        draw(seed, "stem", 28, _stem),
    )


def _convs(point: Point, window: Map) -> list[Kernel]:
    sizes, share, ratio = point.pick(MAPS), point.coordinate(), float(point.pick(RATIOS))
    epilogue = point.pick(EPILOGUES)
    if len(set(window)) > 1 or window == (5, 5):
        # networks have these windows on small maps only
        sizes = min(sizes, (35, 35))
    batch = point.pick(BATCHES)
    strides = {1: 1.0} if len(set(window)) > 1 else {1: 6.0, 2: 1.0}
    stride = point.pick(strides) if window[0] % 2 else window[0]
    out = strided(sizes, stride)
    most = sqrt(MOST_FLOPS / (2.1 * batch * prod(out) * prod(window)))
    mean = width(share, sizes, most)
    if point.pick({True: 1.0, False: 1.0}):
        ratio = 1 / ratio
    multiple = point.pick(ALIGNED)
    c_in, c_out = rounded(mean / sqrt(ratio), multiple), rounded(mean * sqrt(ratio), multiple)
    if multiple < 8 and ratio != 1 and point.pick({True: 1.0, False: 1.0}):
        c_out = aligned(c_out)
    widths: list[tuple[int, int] | None] = [(c_in, c_out)]
    widths += [equal_widths(c_in * c_out, each, 8) for each in ratios_of_partners(point, ratio)]
    return [
        conv(*each, window, sizes, stride=stride, batch=batch, epilogue=epilogue)
        for each in widths
        if each is not None
    ]


def _plain(point: Point, window: Map) -> list[Kernel]:
    """Input channels that are no multiple of 4, as ShuffleNets and NASNet have them."""
    sizes, share = point.pick(MAPS), point.coordinate()
    batch, stride = point.pick(BATCHES), point.pick({1: 6.0, 2: 1.0})
    area = batch * prod(strided(sizes, stride)) * prod(window)
    # NASNet starts with 11 channels on large maps
    mean = width(share, sizes, sqrt(MOST_FLOPS / (2.1 * area))) * point.between(0.3, 1.0)
    c_in = rounded(mean, point.pick({2: 2.0, 1: 1.0}))
    c_out = rounded(c_in * point.pick({1.0: 4.0, 0.5: 1.0, 2.0: 1.0}), point.pick({2: 3.0, 8: 1.0}))
    epilogue = point.pick(EPILOGUES)
    return [conv(c_in, c_out, window, sizes, stride=stride, batch=batch, epilogue=epilogue)]


def _stem(point: Point) -> list[Kernel]:
    """The first conv: of an image, of few channels, or of patches."""
    sizes = point.pick(
        {(112, 112): 1.0, (128, 128): 1.0, (160, 160): 1.0, (192, 192): 1.0, (224, 224): 6.0}
    )
    side, stride = point.pick({(3, 2): 5.0, (3, 1): 3.0, (7, 2): 3.0, (4, 4): 1.5, (16, 16): 1.5})
    c_out = rounded(point.between(16, 96) if side < 16 else point.between(192, 768), 8)
    return [
        conv(
            point.pick({3: 8.0, 1: 1.0, 4: 1.0}), c_out, (side, side), sizes,
            stride=stride, batch=point.pick(BATCHES), epilogue=point.pick(EPILOGUES),
        )
    ]  # fmt: skip


def _squeeze_excite(point: Point) -> list[Kernel]:
    wide = aligned(point.between(32, 1152))
    narrow = rounded(
        wide / point.pick({4: 2.0, 16: 1.0, 24: 1.0}), point.pick({8: 2.0, 4: 1.0, 2: 1.0})
    )
    acts: dict[tuple[str, ...], float] = {("Sigmoid",): 2.0, ("HardSigmoid",): 1.0, (): 1.0}
    batch = point.pick(BATCHES)
    return [
        conv(wide, narrow, (1, 1), (1, 1), batch=batch, epilogue=point.pick({("Relu",): 1, (): 1})),
        conv(narrow, wide, (1, 1), (1, 1), batch=batch, epilogue=point.pick(acts)),
    ]
