"""The workloads of G4: bottleneck units with and without ReLU and shortcut."""

from __future__ import annotations

from archlint.measure.experiment import Experiment

__all__ = ["EXPERIMENTS", "bottleneck"]


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


EXPERIMENTS = tuple(
    bottleneck(channels, relu, shortcut, f"c{channels}")
    for channels in (32, 64, 128)
    for relu in (True, False)
    for shortcut in (True, False)
)
