"""The workloads of G1: pairs of pointwise convs at equal FLOPs and growing imbalance."""

from __future__ import annotations

from archlint.measure.experiment import Experiment

__all__ = ["EXPERIMENTS", "pair_of_widths"]


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

EXPERIMENTS = tuple(
    pair_of_widths(c1, c2, series) for series, pairs in _WIDTHS.items() for c1, c2 in pairs
)
