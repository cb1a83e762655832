"""The workloads of G2: pointwise group convs at equal FLOPs and growing group number."""

from __future__ import annotations

from archlint.measure.experiment import Experiment

__all__ = ["EXPERIMENTS", "grouped"]


def grouped(groups: int, channels: int, series: str) -> Experiment:
    """Ten 1x1 convs of `groups` groups on 56x56 maps (Ma et al. 2018, Table 2).

    The paper prints 180 channels in 8 groups on the ARM, which do not divide: rounded up to 184.
    """
    channels = -(-channels // groups) * groups
    suffix = f" g{groups}" if groups > 1 else ""
    return Experiment(f"10 Conv {channels}>{channels} k1x1{suffix} @56x56", f"groups {series}")


_CHANNELS = {
    "gpu x1": {1: 128, 2: 180, 4: 256, 8: 360},
    "gpu x2": {1: 256, 2: 360, 4: 512, 8: 720},
    "gpu x4": {1: 512, 2: 720, 4: 1024, 8: 1440},
    "arm x1": {1: 64, 2: 90, 4: 128, 8: 180},
    "arm x2": {1: 128, 2: 180, 4: 256, 8: 360},
    "arm x4": {1: 256, 2: 360, 4: 512, 8: 720},
}

EXPERIMENTS = tuple(
    grouped(groups, channels, series)
    for series, widths in _CHANNELS.items()
    for groups, channels in widths.items()
)
