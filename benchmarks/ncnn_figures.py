"""How well networks are predicted that were left out: figures and pages of ncnn's targets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from ncnn_facts import DEVICES, Device
from numpy.typing import NDArray

from archlint.measure.fit.networks_left_out import NetworkLeftOut

__all__ = ["Evidence", "evidence", "overview", "page"]

Array = NDArray[np.float64]

_MEDIAN, _P90, _OF_FLOPS, _COVERED = 0.08, 0.30, 0.5, 0.75
"""The most that a shipped target is off, the most of what FLOPs are off, the least in bands."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """Errors of networks left out, as shares of their time; the same of FLOPs times a scale.

    `held` is the share of networks in their band, whose scale the other networks set.
    """

    networks: int
    median: float
    p90: float
    flops_median: float
    flops_p90: float
    held: float

    @property
    def is_enough(self) -> bool:
        """Whether the target may be shipped."""
        near = self.median <= _MEDIAN and self.p90 <= _P90
        return near and self.median <= _OF_FLOPS * self.flops_median and self.held >= _COVERED

    @property
    def line(self) -> str:
        """For a terminal."""
        return (
            f"{self.networks} networks, {self.median:.1%} (p90 {self.p90:.0%}), FLOPs "
            f"{self.flops_median:.0%} ({self.flops_p90:.0%}), {self.held:.0%} in their band"
            f"{'' if self.is_enough else ': falls short'}"
        )


def evidence(left_out: Sequence[NetworkLeftOut]) -> Evidence:
    """The figures of networks that were left out."""
    errors = np.array([abs(np.expm1(each.error)) for each in left_out])
    flops = np.abs(np.expm1(_by_flops(left_out)))
    return Evidence(
        len(errors), float(np.median(errors)), float(np.quantile(errors, 0.9)),
        float(np.median(flops)), float(np.quantile(flops, 0.9)), _held(left_out),
    )  # fmt: skip


def _by_flops(left_out: Sequence[NetworkLeftOut]) -> Array:
    """The log errors of FLOPs times the scale that the other families have."""
    flops = np.array([sum(n * k.flops for n, k in each.row.kernels) for each in left_out])
    logs = np.log(flops / np.array([each.row.seconds for each in left_out]))
    families = np.array([each.row.family for each in left_out])
    scales = [np.median(logs[families != family]) for family in families]
    found: Array = logs - np.array(scales)
    return found


def _held(left_out: Sequence[NetworkLeftOut]) -> float:
    deviations = np.array([abs(each.error) / each.sigma for each in left_out])
    families = np.array([each.row.family for each in left_out])
    held = []
    for own, family in zip(deviations, families, strict=True):
        others = np.sort(deviations[families != family])
        held.append(own <= others[int(np.ceil(0.8 * len(others))) - 1])
    return float(np.mean(held))


def page(device: Device, left_out: Sequence[NetworkLeftOut], found: Evidence) -> str:
    """The evidence of a target, in Markdown."""
    networks = sorted(left_out, key=lambda each: -abs(each.error))
    threads = "1 thread" if device.threads == "1" else f"{device.threads} threads"
    short = "" if found.is_enough else " It falls short, and is not shipped."
    lines = [
        f"# {device.target}",
        "",
        f"{device.title}, ncnn, {threads}: {found.networks} networks, each predicted by what the "
        "other families say, on this device and on all. Written by `python benchmarks/ncnn.py "
        f"--write {device.target}`.{short}",
        "",
        "| | median error | 90th percentile |",
        "|---|---|---|",
        f"| families left out | {found.median:.1%} | {found.p90:.0%} |",
        f"| FLOPs times a scale | {found.flops_median:.1%} | {found.flops_p90:.0%} |",
        "",
        f"Within their band, scaled on the other networks (aim: 80 %): {found.held:.0%}.",
        "",
        f"![predicted against measured]({device.target}.svg)",
        "",
        "| network, the worst first | measured, ms | predicted, ms | |",
        "|---|---|---|---|",
        *(
            f"| {each.row.name} | {1e3 * each.row.seconds:.3g} | {1e3 * each.predicted:.3g} | "
            f"{np.expm1(each.error):+.0%} |"
            for each in networks
        ),
        "",
        "What it must not be used for: [all of ncnn's targets](../inferred-targets-ncnn.md).",
    ]
    return "\n".join(lines) + "\n"


_TEXT = """
A phone's or a board's time is not to be had here, but ncnn publishes what its users measured: some twenty networks on 93 devices (Tencent/ncnn @a4d2ea1d, `benchmark/README.md`, BSD-3-Clause). These targets' prices are of basis `inferred`: a finding that rests on them is a warning at most.

{table}

A target is shipped where left-out networks come within 8 % (median) and 30 % (90th percentile), at most half of what FLOPs times a scale are off, and at least 75 % of them are in their bands.

## How

1. **What ncnn runs.** The graphs that it times (`.param` files, without weights) are read as ONNX and lowered as a user's file is, by the passes `ncnn`: norms fold into convs; ReLU, leaky ReLU, clip, sigmoid, Mish and HardSwish go into the conv or product before them, SiLU and GELU do not; dense 3x3 convs of stride 1 whose widths are multiples of 4 run by Winograd; convs that read an image are a kind of their own; the convs of squeeze-excite are products; a group conv is a conv for each group.
2. **What kernels take.** Per kind of kernel a sum of terms: launches, FLOPs (in whole tiles of Winograd, with its two transforms apart), bytes, what widths off a multiple of 8 add, functions. Their proportions are fitted to all settings of as many threads at once, each setting with a scale of its own, and are believed of each device within a factor of 1.2, beside a factor common to all bytes and one common to all launches. Of a network that is left out, all devices' times are left out.
3. **How sure.** The covariance of the terms goes into the target. Families are left out one by one, and bands scaled until four in five networks are inside.

Times are the least of a run times what averages usually are of it. Detection heads (prior boxes, non-maximum suppression) are not priced.

## What they must not be used for

- Other runtimes on the same chip (TFLite, XNNPACK, Core ML, NPUs, GPUs by Vulkan), int8, batches above 1.
- More or fewer threads than the target says; chips that throttle: the runs are short.
- Kernels that no network here has: transposed convs (one of them is depthwise), recurrences, 3-D convs, large windows. They have no price, or are `extrapolated`, a note at most.
- Transformers, with care: one network of twenty tells of them.
- Single decisions: with twenty networks there are no pairs to check ratios by, as the [GPU targets](inferred-targets.md) have them.
"""


def overview(every: Mapping[str, Evidence]) -> str:
    """The page of all targets."""
    lines = [
        "| target, and its evidence | device | networks | error: median, 90th percentile | FLOPs "
        "times a scale | in their band |",
        "|---|---|---|---|---|---|",
    ]
    for name, found in sorted(every.items(), key=lambda pair: (not pair[1].is_enough, pair[0])):
        short = "" if found.is_enough else " (not shipped)"
        lines.append(
            f"| [`{name}`](inferred-targets/{name}.md){short} | {DEVICES[name].title} | "
            f"{found.networks} | {found.median:.1%}, {found.p90:.0%} | {found.flops_median:.0%}, "
            f"{found.flops_p90:.0%} | {found.held:.0%} |"
        )
    return "# Targets from ncnn's tables\n" + _TEXT.format(table="\n".join(lines))
