"""How well rows of shapes that were left out are predicted, and the page that says so."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import log

import numpy as np
from mi210_unmeasured import dearer_than_convs

from archlint.cost.kernels.kernel import Kernel, parse_chain
from archlint.cost.kernels.kind import Kind
from archlint.cost.pricer import Pricer, Z
from archlint.cost.pricing.row import Row
from archlint.cost.pricing.variety import variety_of

__all__ = ["LeftOut", "Pair", "page"]


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A row, and what is predicted for it by shapes of other folds, in seconds.

    `sigma` is the standard deviation of the log that its unscaled band has, `simple` what FLOPs,
    bytes and a launch alone say.
    """

    row: Row
    predicted: float
    sigma: float
    simple: float
    fold: int

    @property
    def variety(self) -> str:
        """The variety of its kernel."""
        return variety_of(self.row.chain[0][1])

    @property
    def miss(self) -> float:
        """The absolute error as a share of the time."""
        return abs(self.predicted / self.row.median_s - 1)

    @property
    def deviation(self) -> float:
        """The log error in standard deviations of the unscaled band."""
        return abs(log(self.predicted / self.row.median_s)) / self.sigma


@dataclass(frozen=True, slots=True)
class Pair:
    """Two convs of equal FLOPs on one map, both left out: how many times longer one takes."""

    one: Row
    other: Row
    predicted: float
    sigma: float
    fold: int

    @property
    def variety(self) -> str:
        """All pairs are of one kind."""
        return "pair"

    @property
    def measured(self) -> float:
        """The ratio of their times."""
        return self.one.median_s / self.other.median_s

    @property
    def error(self) -> float:
        """The log error of the ratio."""
        return log(self.predicted / self.measured)

    @property
    def deviation(self) -> float:
        """It in standard deviations of the unscaled band."""
        return abs(self.error) / self.sigma


def held(items: Sequence[LeftOut] | Sequence[Pair]) -> float:
    """The share inside bands whose scale the same kind of kernel of the other folds sets."""
    inside: list[bool] = []
    by_kind: dict[str, list[LeftOut | Pair]] = defaultdict(list)
    for each in items:
        by_kind[each.variety].append(each)
    for members in by_kind.values():
        for fold in {each.fold for each in members}:
            others = [each.deviation for each in members if each.fold != fold]
            scale = np.quantile(others, 0.8) if others else np.inf
            inside += [each.deviation <= scale for each in members if each.fold == fold]
    return float(np.mean(inside))


_CURVES = (
    ("G1, 56x56 maps", "channels", (
        (f"{a}:{b}", f"Conv {a}>{b} k1x1 @56x56 b128; Conv {b}>{a} k1x1 @56x56 b128")
        for a, b in ((96, 96), (64, 144), (48, 192), (32, 288), (24, 384))
    )),
    ("G1, 28x28 maps", "channels", (
        (f"{a}:{b}", f"Conv {a}>{b} k1x1 @28x28 b128; Conv {b}>{a} k1x1 @28x28 b128")
        for a, b in ((192, 192), (144, 256), (96, 384), (64, 576), (48, 768))
    )),
    ("G2, 3x3 on 28x28 maps", "groups of channels", (
        (f"{g} of {c // g}", f"Conv {c}>{c} k3x3 g{g} @28x28 b128".replace(" g1 ", " "))
        for g, c in ((1, 128), (4, 256), (16, 512), (64, 1024))
    )),
    ("G2, 3x3 on 14x14 maps", "groups of channels", (
        (f"{g} of {c // g}", f"Conv {c}>{c} k3x3 g{g} @14x14 b128".replace(" g1 ", " "))
        for g, c in ((1, 256), (4, 512), (16, 1024), (64, 2048))
    )),
)  # fmt: skip
"""Choices of equal FLOPs, the first of each as the others' measure."""


def curves(pricer: Pricer) -> list[str]:
    """How many times longer each choice takes than the first of its curve."""
    lines = []
    for title, varied, choices in _CURVES:
        first: list[Kernel] = []
        lines += ["", f"| {title}: {varied} | time | against the first | band | basis |"]
        lines.append("|---|---|---|---|---|")
        for label, text in choices:
            kernels = [kernel for _, kernel in parse_chain(text)]
            if pricer.target.dtype == "float16":
                kernels = [kernel._replace(itemsize=2) for kernel in kernels]
            first = first or kernels
            found = pricer.compare(kernels, first)
            assert found is not None
            lines.append(
                f"| {label} | {found.now.seconds * 1e3:.2f} ms | x{found.slowdown:.2f} | "
                f"{found.low:.2f} to {found.high:.2f} | {found.now.basis.value} |"
            )
    return lines


def _with_and_without(rows: Sequence[Row]) -> Iterator[tuple[int, float]]:
    """Rows of one shape with and without groups: how many these are, and how much faster."""
    times: dict[Kernel, dict[int, float]] = defaultdict(dict)
    for row in rows:
        ((_, kernel),) = row.chain
        if kernel.kind in (Kind.CONV, Kind.GROUP_CONV):
            alike = kernel._replace(groups=1, kind=Kind.CONV)
            times[alike][kernel.groups] = row.median_s
    for each in times.values():
        for groups, seconds in each.items():
            if groups > 1 and 1 in each:
                yield groups, each[1] / seconds


def page(
    pricer: Pricer, rows: Sequence[Row], left_out: Sequence[LeftOut], pairs: Sequence[Pair]
) -> str:
    """The evidence of a target, in Markdown."""
    target, totals = pricer.target, Counter(variety_of(row.chain[0][1]) for row in rows)
    kept = Counter(variety_of(row.chain[0][1]) for row in target.rows)
    by_variety: dict[str, list[LeftOut]] = defaultdict(list)
    for each in left_out:
        by_variety[each.variety].append(each)
    lines = [
        f"# {target.name}",
        "",
        f"{target.device}, {target.runtime}: {sum(totals.values()):,} published times of single "
        f"kernels, of which the target keeps the {len(target.rows):,} that tell most. Written by "
        f"`python benchmarks/mi210.py --write {target.name}`.",
        "",
        _HOW,
        "",
        "Whole families of shapes (a layer at all its maps and batches; of other kernels one size) "
        "left out of the choice of rows and of the fit, five folds, at most 20 rows of each:",
        "",
        "| kernels | rows, kept | median error | 90th percentile | within 20 % | in their band "
        "(aim: 80 %) | launch, FLOPs and bytes alone |",
        "|---|---|---|---|---|---|---|",
    ]
    for variety, own in sorted(by_variety.items()):
        misses = np.array([each.miss for each in own])
        simple = np.array([abs(each.simple / each.row.median_s - 1) for each in own])
        lines.append(
            f"| {variety} | {totals[variety]:,}, {kept[variety]} | {np.median(misses):.1%} | "
            f"{np.quantile(misses, 0.9):.0%} | {np.mean(misses < 0.2):.0%} | {held(own):.0%} | "
            f"{np.median(simple):.1%}, {np.quantile(simple, 0.9):.0%} |"
        )
    lines += ["", _of_pairs(pairs, target.calibration.band_scale)]
    if target.dtype == "float16":
        lines += ["", _HALF.format(*dearer_than_convs().values())]
    worst = sorted(left_out, key=lambda each: -abs(log(each.predicted / each.row.median_s)))[:10]
    lines += ["", "| the ten worst rows | predicted against measured |", "|---|---|"]
    lines += [
        f"| {each.row.kernels} | {each.predicted / each.row.median_s - 1:+.0%} |" for each in worst
    ]
    lines += ["", "## Widths and groups", "", "Predicted, at a batch of 128 and equal FLOPs:"]
    lines += curves(pricer)
    found = sorted(_with_and_without(rows))
    for groups in sorted({groups for groups, _ in found}):
        faster = [each for own, each in found if own == groups]
        lines += [
            "",
            f"Measured: {len(faster)} convs of one shape with and without {groups} groups: the "
            f"groups are {np.median(faster):.1f} times faster (median; "
            f"{np.quantile(faster, 0.1):.1f} to {np.quantile(faster, 0.9):.1f}), for {groups} "
            "times fewer FLOPs.",
        ]
    lines += ["", "## What it must not be used for", "", *_NOT]
    return "\n".join(lines) + "\n"


def _of_pairs(pairs: Sequence[Pair], scale: float) -> str:
    errors = np.abs(np.expm1([each.error for each in pairs]))
    sure = [
        each for each in pairs if abs(log(each.predicted)) > max(log(1.1), scale * Z * each.sigma)
    ]
    wrong = sum((each.measured > 1) != (each.predicted > 1) for each in sure)
    return (
        f"Two convs of equal FLOPs on one map at one batch, other widths or groups, both left out: "
        f"{len(pairs):,} pairs, median error of the ratio {np.median(errors):.1%}, 90th percentile "
        f"{np.quantile(errors, 0.9):.0%}, in the band {held(pairs):.0%}. Of {len(sure)} that are "
        f"1.10 and more apart with a band that has no 1 in it, {wrong} are the other way round."
    )


_HOW = (
    "Convs are MIOpen's own tuning results, the time of the best solver for each problem, as it "
    "shipped them (ROCm/MIOpen @2d1fd997, MIT): kernels alone, in NCHW; whether caches were warm "
    "and how often each was run is not said. Element-wise kernels, softmax, layer norm and "
    "products are of PyTorch in eager mode (sitar-lab/NeuSight @6945927d, MIT): one pair of events "
    "each, with a launch of 12 us and more in it. Times faster than the card can be (2.25 times "
    "its matrix cores) are left out, and convs that are not of images or leave the card empty. "
    "Nobody published times of whole networks on this card: how far their sums are off is not "
    "known. Where the kinds of kernel have no rows (batch norm, pools, means, copies, "
    "resizes), their time is this card's memory times how they stand to element-wise kernels on "
    "four RTX GPUs, with the spread between these and a factor of 1.35 for another maker: "
    "`inferred`, a warning at most."
)
_HALF = (
    "In half precision no product and no element-wise kernel was timed. Element-wise kernels are "
    "carried over from single precision, as many bytes for as many bytes (`transferred`). Products "
    "are taken for 1x1 convs whose FLOPs are as much dearer as in single precision, where both "
    "were timed: {0:.2f} times, {1:.2f} where both operands are activations (`inferred`). Softmax "
    "and layer norm run in single precision under autocast, as they were timed."
)
_NOT = (
    "- Small batches: launches are in some rows and not in others; the target begins at 128.",
    "- MIGraphX, torch.compile, channels last (`PYTORCH_MIOPEN_SUGGEST_NHWC`): other kernels.",
    "- Groups of 3 are all that was timed of 1x1 group convs, groups of 32 and 64 of 3x3 ones: "
    "prices between are interpolated over an octave and more, or modelled.",
)
