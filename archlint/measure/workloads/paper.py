"""The workloads of the paper: Ma et al. 2018, Tables 1 to 4, in chains of ten blocks each."""

from __future__ import annotations

import math

from archlint.measure.plan.experiment import Experiment

__all__ = ["TABLES", "bottleneck", "fragments", "grouped", "pair_of_widths"]


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


def grouped(groups: int, channels: int, series: str) -> Experiment:
    """Ten 1x1 convs of `groups` groups on 56x56 maps (Ma et al. 2018, Table 2).

    The paper prints 180 channels in 8 groups on the ARM, which do not divide: rounded up to 184.
    """
    channels = -(-channels // groups) * groups
    suffix = f" g{groups}" if groups > 1 else ""
    return Experiment(f"10 Conv {channels}>{channels} k1x1{suffix} @56x56", f"groups {series}")


_GROUPED = {
    "gpu x1": {1: 128, 2: 180, 4: 256, 8: 360},
    "gpu x2": {1: 256, 2: 360, 4: 512, 8: 720},
    "gpu x4": {1: 512, 2: 720, 4: 1024, 8: 1440},
    "arm x1": {1: 64, 2: 90, 4: 128, 8: 180},
    "arm x2": {1: 128, 2: 180, 4: 256, 8: 360},
    "arm x4": {1: 256, 2: 360, 4: 512, 8: 720},
}


def fragments(count: int, parallel: bool, channels: int, series: str) -> Experiment:
    """Ten blocks of `count` 1x1 convs on 56x56 maps (Ma et al. 2018, Table 3, Appendix Fig. 1).

    FLOPs are those of one conv of `channels`; the paper does not print the fragments' width,
    so it is channels / sqrt(count), rounded.  Parallel fragments are joined by Adds.
    """
    width = round(channels / math.sqrt(count))
    kernels = f"{10 * count} Conv {width}>{width} k1x1 @56x56"
    if parallel:
        kernels += f"; {10 * (count - 1)} Add {width} @56x56"
    return Experiment(kernels, f"fragments {series}")


_FRAGMENTS = {
    "gpu x1": 128, "gpu x2": 256, "gpu x4": 512,
    "arm x1": 64, "arm x2": 128, "arm x4": 256,
}  # fmt: skip


def bottleneck(channels: int, relu: bool, shortcut: bool, series: str) -> Experiment:
    """Ten ResNet bottleneck units on 56x56 maps (Ma et al. 2018, Table 4).

    `channels` is the outer width and a quarter of it the inner: with any wider reading the
    measured times would exceed the device's peak.  ReLU follows each conv, the last one the
    shortcut's Add where there is one.
    """
    inner = channels // 4
    act = " +Relu" if relu else ""
    last = "" if shortcut else act
    kernels = [
        f"10 Conv {channels}>{inner} k1x1 @56x56{act}",
        f"10 Conv {inner}>{inner} k3x3 @56x56{act}",
        f"10 Conv {inner}>{channels} k1x1 @56x56{last}",
    ]
    if shortcut:
        kernels.append(f"10 Add {channels} @56x56{act}")
    return Experiment("; ".join(kernels), f"bottleneck {series}")


TABLES = (
    tuple(pair_of_widths(c1, c2, series) for series, pairs in _WIDTHS.items() for c1, c2 in pairs),
    tuple(
        grouped(groups, channels, series)
        for series, widths in _GROUPED.items()
        for groups, channels in widths.items()
    ),
    tuple(
        fragments(count, parallel, channels, series)
        for series, channels in _FRAGMENTS.items()
        for count, parallel in ((1, False), (2, False), (4, False), (2, True), (4, True))
    ),
    tuple(
        bottleneck(channels, relu, shortcut, f"c{channels}")
        for channels in (32, 64, 128)
        for relu in (True, False)
        for shortcut in (True, False)
    ),
)
"""The experiments of each table, on the GPU and on the ARM."""
