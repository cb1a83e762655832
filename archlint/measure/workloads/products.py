"""Matrix products in series of equal FLOPs: 192 kernels.

128 with constant weights, 30 classifiers, 34 of attention.
"""

from __future__ import annotations

from math import sqrt

from archlint.cost.kernels.kernel import Kernel
from archlint.cost.kernels.kind import Kind
from archlint.measure.plan.experiment import Experiment
from archlint.measure.plan.low_discrepancy import Point, at_share
from archlint.measure.plan.sampling import (
    ALIGNED,
    BATCHES,
    MOST_FLOPS,
    aligned,
    draw,
    equal_widths,
    rounded,
)
from archlint.measure.workloads.ratios import RATIOS, ratios_of_partners

__all__ = ["sample"]

TOKENS = {
    1: 2.0, 4: 1.0, 16: 1.5, 49: 2.0, 64: 1.0, 77: 1.0, 128: 2.0, 196: 1.5, 197: 2.0, 256: 2.0,
    384: 1.0, 512: 1.5, 784: 1.0, 1024: 1.0, 3136: 0.6, 4096: 0.6,
}  # fmt: skip


def sample(seed: int) -> tuple[list[Experiment], ...]:
    """Kernels drawn with this seed, by sort."""
    return (
        draw(seed, "product", 100, _products, filled=28),
        draw(seed, "classifier", 30, _classifier),
        draw(seed, "attention", 34, _attention),
    )


def _product(c_in: int, c_out: int, rows: int, batch: int, *, constant: bool = True) -> Kernel:
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
    widths += [equal_widths(c_in * c_out, each, 8) for each in ratios_of_partners(point, ratio)]
    return [_product(*each, rows, batch) for each in widths if each is not None]


def _classifier(point: Point) -> list[Kernel]:
    c_in = aligned(point.between(256, 4096))
    c_out = point.pick({1000: 8.0, 10: 1.0, 100: 1.0, 365: 0.5, 1001: 0.5, 1280: 1.0, 4096: 1.0})
    return [_product(c_in, c_out, 1, point.pick(BATCHES))]


def _attention(point: Point) -> list[Kernel]:
    """Queries by keys, and the weights by values: equal FLOPs, tokens and head width in turn."""
    tokens = point.pick({16: 1, 49: 2, 64: 1, 77: 1, 128: 1, 144: 1, 196: 1, 197: 2, 256: 1})
    head, heads = point.pick({32: 1.0, 64: 1.0}), point.pick({3: 1, 4: 1, 6: 1, 8: 1, 12: 2, 16: 1})
    batch = heads * point.pick(BATCHES)
    return [
        _product(head, tokens, tokens, batch, constant=False),
        _product(tokens, head, tokens, batch, constant=False),
    ]
