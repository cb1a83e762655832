"""The workloads of G3: blocks of one, two and four fragments, in series and in parallel."""

from __future__ import annotations

import math

from archlint.measure.experiment import Experiment

__all__ = ["EXPERIMENTS", "fragments"]


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


_CHANNELS = {
    "gpu x1": 128, "gpu x2": 256, "gpu x4": 512,
    "arm x1": 64, "arm x2": 128, "arm x4": 256,
}  # fmt: skip

EXPERIMENTS = tuple(
    fragments(count, parallel, channels, series)
    for series, channels in _CHANNELS.items()
    for count, parallel in ((1, False), (2, False), (4, False), (2, True), (4, True))
)
