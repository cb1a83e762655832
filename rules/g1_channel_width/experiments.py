"""The workloads of G1: dense convs and matrix products in series of equal FLOPs.

984 kernels: 280 convs 1x1 and 162 3x3, which most networks' time goes into, at ratios of their
widths from 1:1 to 1:16; 120 more whose input channels no blocked layout takes; 104 of other
windows, stems and patch embeddings; 318 matrix products: 216 with constant weights, 48
classifiers, 54 of attention.  `PAPER` are the paper's.
"""

from __future__ import annotations

from math import prod, sqrt

from archlint.cost.kernels.kernel import Kernel
from archlint.cost.kernels.kind import Kind
from archlint.measure.plan.experiment import Experiment
from archlint.measure.plan.low_discrepancy import Point, at_share
from archlint.measure.plan.sampling import (
    ALIGNED,
    BATCHES,
    EPILOGUES,
    MAPS,
    MOST_FLOPS,
    SEED,
    Map,
    aligned,
    conv,
    draw,
    equal_widths,
    interleave,
    rounded,
    strided,
    width,
)

__all__ = ["EXPERIMENTS", "PAPER", "pair_of_widths", "sample"]

RATIOS = {1: 7.0, 2: 4.0, 3: 1.5, 4: 4.0, 6: 2.0, 8: 1.0, 16: 0.5}
"""How often the wider of a conv's widths is so many times the other."""

PARTNERS = {0: 2.0, 1: 4.0, 2: 3.0, 3: 2.0, 4: 1.0}
"""How often a series has so many kernels besides its first."""

WINDOWS: dict[Map, float] = {
    (5, 5): 8, (7, 7): 6, (1, 3): 2, (3, 1): 2, (1, 7): 2, (7, 1): 2, (2, 2): 2, (4, 4): 1,
}  # fmt: skip

TOKENS = {
    1: 2.0, 4: 1.0, 16: 1.5, 49: 2.0, 64: 1.0, 77: 1.0, 128: 2.0, 196: 1.5, 197: 2.0, 256: 2.0,
    384: 1.0, 512: 1.5, 784: 1.0, 1024: 1.0, 3136: 0.6, 4096: 0.6,
}  # fmt: skip


def sample(seed: int) -> tuple[Experiment, ...]:
    """Kernels drawn with this seed; another one gives others of the same distribution."""
    return interleave(
        draw(seed, "conv 1x1", 180, lambda point: _convs(point, (1, 1)), filled=48),
        draw(seed, "conv of 1x1 map", 36, _squeeze_excite, filled=16),
        draw(seed, "conv 3x3", 130, lambda point: _convs(point, (3, 3)), filled=32),
        draw(seed, "conv window", 42, lambda point: _convs(point, point.pick(WINDOWS)), filled=10),
        draw(seed, "plain conv 1x1", 48, lambda point: _plain(point, (1, 1)), filled=12),
        draw(seed, "plain conv 3x3", 48, lambda point: _plain(point, (3, 3)), filled=12),
        draw(seed, "stem", 52, _stem),
        draw(seed, "product", 168, _products, filled=48),
        draw(seed, "classifier", 48, _classifier),
        draw(seed, "attention", 54, _attention),
    )


def _ratios(point: Point, first: float) -> list[float]:
    """Ratios (out / in) of the partners of a kernel: another one, or the same turned round."""
    count, found = point.pick(PARTNERS), []
    left = {ratio: 1.0 for ratio in (1.0, 2.0, 4.0, 8.0, 16.0) if ratio not in (first, 1 / first)}
    if first != 1:
        left[1 / first] = 1.0
    for _ in range(count):
        ratio = point.pick(left)
        del left[ratio]
        turned = ratio != 1 / first and point.pick({True: 1.0, False: 1.0})
        found.append(1 / ratio if turned else ratio)
    return found


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
    widths += [equal_widths(c_in * c_out, each, 8) for each in _ratios(point, ratio)]
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


def product(c_in: int, c_out: int, rows: int, batch: int, *, constant: bool = True) -> Kernel:
    """A matrix product; one row is no map."""
    sizes = (rows,) if rows > 1 else ()
    return Kernel(
        Kind.PRODUCT, "MatMul", c_in, c_out, sizes, sizes, batch, constant=constant
    )  # fmt: skip


def _products(point: Point) -> list[Kernel]:
    rows, share, ratio = point.pick(TOKENS), point.coordinate(), float(point.pick(RATIOS))
    batch = point.pick(BATCHES)
    most = min(sqrt(MOST_FLOPS / (2.1 * batch * rows)), 4096.0 / sqrt(ratio))
    mean = at_share(share, 64.0, most)
    if point.pick({True: 1.0, False: 1.0}):
        ratio = 1 / ratio
    multiple = point.pick(ALIGNED)
    c_in, c_out = rounded(mean / sqrt(ratio), multiple), rounded(mean * sqrt(ratio), multiple)
    widths: list[tuple[int, int] | None] = [(c_in, c_out)]
    widths += [equal_widths(c_in * c_out, each, 8) for each in _ratios(point, ratio)]
    return [product(*each, rows, batch) for each in widths if each is not None]


def _classifier(point: Point) -> list[Kernel]:
    c_in = aligned(point.between(256, 4096))
    c_out = point.pick({1000: 8.0, 10: 1.0, 100: 1.0, 365: 0.5, 1001: 0.5, 1280: 1.0, 4096: 1.0})
    return [product(c_in, c_out, 1, point.pick(BATCHES))]


def _attention(point: Point) -> list[Kernel]:
    """Queries by keys, and the weights by values: equal FLOPs, tokens and head width in turn."""
    tokens = point.pick({16: 1, 49: 2, 64: 1, 77: 1, 128: 1, 144: 1, 196: 1, 197: 2, 256: 1})
    head, heads = point.pick({32: 1.0, 64: 1.0}), point.pick({3: 1, 4: 1, 6: 1, 8: 1, 12: 2, 16: 1})
    batch = heads * point.pick(BATCHES)
    return [
        product(head, tokens, tokens, batch, constant=False),
        product(tokens, head, tokens, batch, constant=False),
    ]


EXPERIMENTS = sample(SEED)


def pair_of_widths(c1: int, c2: int, series: str) -> Experiment:
    """Ten blocks of a 1x1 conv c1 -> c2 and back on 56x56 maps (Ma et al. 2018, Table 1)."""
    return Experiment(
        f"10 Conv {c1}>{c2} k1x1 @56x56; 10 Conv {c2}>{c1} k1x1 @56x56", f"pair {series}"
    )


_WIDTHS = {
    "gpu x1": ((128, 128), (90, 180), (52, 312), (36, 432)),
    "gpu x2": ((256, 256), (180, 360), (104, 624), (72, 864)),
    "gpu x4": ((512, 512), (360, 720), (208, 1248), (144, 1728)),
    "arm x1": ((32, 32), (22, 44), (13, 78), (9, 108)),
    "arm x2": ((64, 64), (44, 88), (26, 156), (18, 216)),
    "arm x4": ((128, 128), (88, 176), (52, 312), (36, 432)),
}

PAPER = tuple(
    pair_of_widths(c1, c2, series) for series, pairs in _WIDTHS.items() for c1, c2 in pairs
)
