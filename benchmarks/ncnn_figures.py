"""How well networks are predicted that were left out: figures and pages of ncnn's targets."""

from __future__ import annotations

import re
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


_TABLE = re.compile("(?<=<!-- by benchmarks/ncnn.py -->\n).*?(?=<!-- end -->)", re.DOTALL)


def overview(page: str, every: Mapping[str, Evidence]) -> str:
    """The page of all targets with its table as the figures are now."""
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
    return _TABLE.sub(lambda _: "\n" + "\n".join(lines) + "\n\n", page)
