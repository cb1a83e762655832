"""G2: excessive group convolution raises memory access cost."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from archlint.plugin import (
    Decision,
    Kernel,
    Kind,
    Limit,
    OtherWidths,
    Pair,
    Place,
    Rule,
    Severity,
    Silence,
    View,
    unnumbered,
)
from archlint.rules.g2_group_convolution.stage import Proposal, proposals, propose

if TYPE_CHECKING:
    from archlint.plugin import Plot, Workload

__all__ = ["Evidence", "GroupConvolution"]


@dataclass(frozen=True, slots=True)
class Evidence:
    """The group convs: groups, channels per group in and out, window, map, widths."""

    groups: int
    channels_per_group: tuple[int, int]
    window: tuple[int, ...]
    map: tuple[int, ...]
    batch: int
    convs: int
    outer: tuple[int, int]
    inner: tuple[int, int]


class GroupConvolution(Rule):
    """Group convs against the dense block of equal FLOPs."""

    code = "G2"
    name = "excessive-group-convolution"
    summary = "Excessive group convolution raises memory access cost"

    def check(self, view: View) -> Iterator[Place | Silence]:
        """A place for each outer width with group convs on it, silences for the rest."""
        left = {
            placed.operators[0]
            for placed in view.lowered.kernels
            if placed.kernel.kind is Kind.GROUP_CONV
        }
        if not left:
            return
        if not view.pricer.measures(Kind.GROUP_CONV):
            yield Silence(tuple(left), f"no table of {view.target.name} measures group convs")
            return
        for found in proposals(view, left):
            said = found if isinstance(found, Silence) else _place(view, found)
            left -= set(said.operators)
            yield said
        for index in sorted(left):
            op = view.model.operators[index]
            pair = Pair((index,), (view.widths.group[op.output.name],))
            lone = propose(view, view.widths.group[op.activations[0].name], [pair], (index,))
            yield Silence((index,), lone) if isinstance(lone, str) else _place(view, lone)

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
    widths = [view.widths.width[group] for pair in found.pairs for group in pair.inner]
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
            kernel.groups, per_group, kernel.window, kernel.out_map, kernel.batch,
            len(grouped), (block.outer, candidate.outer), (block.inner, candidate.inner),
        ),
        now=_words(kernel.groups, block.outer, widths, kernel),
        instead=_words(
            1, candidate.outer, [w // block.inner * candidate.inner for w in widths], kernel
        ),
        kernels=block.numbers,
        instead_kernels=candidate.kernels,
        limit=Limit(Severity.NOTE, why) if (why := block.why_a_note(candidate)) else None,
        remedy=OtherWidths(
            kernel.groups, (block.outer, candidate.outer), (block.inner, candidate.inner)
        ),
    )  # fmt: skip


def _span(pair: tuple[int, int]) -> str:
    return str(pair[0]) if pair[0] == pair[1] else f"{pair[0]} in and {pair[1]} out"


def _words(groups: int, outer: int, inner: Iterable[int], kernel: Kernel) -> str:
    sizes = "x".join(map(str, kernel.out_map))
    kind = f"{groups} groups" if groups > 1 else "dense"
    first, *others = sorted(set(inner))
    onward = "".join(f" and {outer} > {each}" for each in others)
    return f"{kind}, {outer} > {first} > {outer}{onward} channels on {sizes}"
