"""G2: excessive group convolution raises memory access cost."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import prod
from typing import TYPE_CHECKING

from archlint.plugin import (
    FLOPS_FROM,
    FLOPS_TO,
    Candidate,
    Choice,
    Decision,
    Kernel,
    Kind,
    Limit,
    OtherWidths,
    Place,
    Rule,
    Severity,
    Silence,
    View,
    at_equal_time,
    layers_of,
    layers_text,
    unnumbered,
)
from archlint.rules.g2_group_convolution.stage import Proposal, proposals

if TYPE_CHECKING:
    from archlint.plugin import Plot, Workload

__all__ = ["Evidence", "GroupConvolution"]


@dataclass(frozen=True, slots=True)
class Evidence:
    """The group convs: groups, channels per group in and out, window, map, widths.

    `flops` are those of the alternative over those of now.
    """

    groups: int
    groups_instead: int
    flops: float
    channels_per_group: tuple[int, int]
    window: tuple[int, ...]
    map: tuple[int, ...]
    batch: int
    convs: int
    outer: tuple[int, int]
    inner: tuple[int, int]


class GroupConvolution(Rule):
    """Group convs against other numbers of groups at equal FLOPs, one among them."""

    code = "G2"
    name = "excessive-group-convolution"
    summary = "Excessive group convolution raises memory access cost"

    def check(self, view: View) -> Iterator[Place | Silence]:
        """A place for each width that group convs hang on, silences for the rest."""
        grouped = {
            placed.operators[0]
            for placed in view.lowered.kernels
            if placed.kernel.kind is Kind.GROUP_CONV
        }
        if not grouped:
            return
        if not view.pricer.measures(Kind.GROUP_CONV):
            yield Silence(tuple(grouped), f"no table of {view.target.name} measures group convs")
            return
        for found in proposals(view, grouped):
            yield found if isinstance(found, Silence) else _place(view, found)

    @classmethod
    def workloads(cls) -> tuple[Workload, ...]:
        """Group convs, and dense ones beside them."""
        from archlint.measure.workloads import group_convs

        return (group_convs.sample,)

    @classmethod
    def plot(cls) -> Plot:
        """Convs of 1 to 32 groups."""
        from archlint.rules.g2_group_convolution.plot import PLOT

        return PLOT


def _place(view: View, found: Proposal) -> Place:
    block, candidate, grouped = found.block, found.candidate, found.grouped
    blocks = frozenset(
        index
        for pair in found.pairs
        if view.widths.width[pair.inner[0]] == block.inner
        for index in pair.operators
    )
    told = [index for index in grouped if index in blocks] or grouped
    kernel = max((view.lowered.of(i)[0] for i in told), key=lambda each: each.mac)
    per_group = kernel.c_in // kernel.groups, kernel.c_out // kernel.groups
    main = view.model.operators[told[0]]
    outer, inner = (block.outer, candidate.outer), (block.inner, candidate.inner)
    return Place(
        operators=grouped,
        decision=Decision(
            "groups", unnumbered(main.module) or kernel._replace(batch=1).title
        ),
        summary=(
            f"{kernel.groups} groups of {_span(per_group)} channels"
            f" in a {'x'.join(map(str, kernel.window))} conv"
        ),
        advice="use fewer groups and narrower layers at equal FLOPs",
        evidence=Evidence(
            kernel.groups, candidate.groups, candidate.flops, per_group, kernel.window,
            kernel.out_map, kernel.batch, len(grouped), outer, inner,
        ),
        now=(
            f"{_words(view, found, dict(enumerate(block.kernels)))}"
            f" on {'x'.join(map(str, kernel.out_map))}"
        ),
        instead=_instead(view, found, candidate),
        kernels=block.numbers,
        instead_kernels=candidate.kernels,
        limit=_limit(found),
        remedy=OtherWidths(kernel.groups, outer, inner, candidate.groups),
        choices=tuple(_choices(view, found, kernel)),
    )  # fmt: skip


def _span(pair: tuple[int, int]) -> str:
    return str(pair[0]) if pair[0] == pair[1] else f"{pair[0]} in and {pair[1]} out"


def _limit(found: Proposal) -> Limit | None:
    """What has fewer FLOPs than now is a finding only if it is faster by more than they are."""
    flops, comparison = found.candidate.flops, found.comparison
    if flops >= FLOPS_FROM or comparison is None or comparison.low * flops > 1.0:
        return None
    return Limit(Severity.NOTE, f"with {flops:.2f} times the FLOPs it may be no faster than these")


def _choices(view: View, found: Proposal, kernel: Kernel) -> Iterator[Choice]:
    is_alone = all(len(pair.operators) == 1 for pair in found.pairs)
    for each in found.choices:
        groups = f"{each.groups} groups" if each.groups > 1 else "1 group"
        ends = (each.outer, each.inner) if found.block.has_inner else (each.outer,)
        if (kernel.c_in, kernel.c_out) == (found.block.inner, found.block.outer) and is_alone:
            ends = ends[::-1]
        yield Choice(f"{groups}, {' > '.join(map(str, ends))} channels", each.kernels)
    if found.comparison is not None and found.comparison.low > 1.0:
        wider = at_equal_time(found.block, found.candidate, view.pricer)
        if wider is not None:
            layers = found.block.layers(wider.outer, wider.inner, wider.groups)
            text = _words(view, found, layers)
            yield Choice(text, wider.kernels, at_equal_time=True)


def _instead(view: View, found: Proposal, candidate: Candidate) -> str:
    layers = found.block.layers(candidate.outer, candidate.inner, candidate.groups)
    is_equal = FLOPS_FROM <= round(candidate.flops, 3) <= FLOPS_TO
    ratio = "" if is_equal else f", {candidate.flops:.2f} times the FLOPs"
    return _words(view, found, layers) + ratio


def _words(view: View, found: Proposal, layers: Mapping[int, Kernel]) -> str:
    """The layers of each pair, or of the whole stage."""
    block = found.block
    on_maps = tuple(at for at, each in enumerate(block.kernels) if prod(each.out_map) > 1)
    places = [
        layers_of(view.model, view.lowered, view.widths, block, pair) for pair in found.pairs
    ] or [on_maps]
    texts = dict.fromkeys(layers_text(layers, each) for each in places)
    return "; ".join(texts)
