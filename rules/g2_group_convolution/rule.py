"""G2: excessive group convolution raises memory access cost."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
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
    fastest,
    find_block,
    find_pair,
    pattern_of,
)

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
        for (outer, _, _), pairs in _stages(view, left).items():
            grouped = tuple(sorted({i for p in pairs for i in p.operators} & left))
            if grouped:
                left -= set(grouped)
                yield self._place(view, outer, pairs, grouped)
        for index in sorted(left):
            op = view.model.operators[index]
            pair = Pair((index,), (view.widths.group[op.output.name],))
            yield self._place(view, view.widths.group[op.activations[0].name], [pair], (index,))

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

    def _place(
        self, view: View, outer: int, pairs: Sequence[Pair], grouped: tuple[int, ...]
    ) -> Place | Silence:
        inner = tuple(dict.fromkeys(group for pair in pairs for group in pair.inner))
        if outer in inner:
            return Silence(grouped, "its width runs through the whole stage")
        block = find_block(
            view.model, view.lowered, view.widths, outer, inner,
            lowering=view.target.lowering, dense=frozenset(grouped),
        )  # fmt: skip
        if isinstance(block, str):
            return Silence(grouped, f"its width cannot change: {block}")
        candidate = fastest(block, view.pricer)
        if candidate is None:
            return Silence(grouped, "no aligned widths have a dense block of equal FLOPs")
        kernel = max((view.lowered.of(i)[0] for i in grouped), key=lambda each: each.mac)
        per_group = kernel.c_in // kernel.groups, kernel.c_out // kernel.groups
        main = view.model.operators[grouped[0]]
        return Place(
            operators=grouped,
            decision=Decision(
                "groups", pattern_of(main.module) or kernel._replace(batch=1).title
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
            now=_words(kernel.groups, block.outer, block.inner, kernel),
            instead=_words(1, candidate.outer, candidate.inner, kernel),
            kernels=block.numbers,
            instead_kernels=candidate.kernels,
            limit=(
                Limit(
                    Severity.NOTE,
                    f"the outer width falls from {block.outer} to {candidate.outer}",
                )
                if block.falls(candidate)
                else None
            ),
            remedy=OtherWidths(
                kernel.groups, (block.outer, candidate.outer), (block.inner, candidate.inner)
            ),
        )  # fmt: skip


def _stages(view: View, grouped: set[int]) -> dict[tuple[int, int, int], list[Pair]]:
    """The pairs that hold a group conv, by outer width group and widths."""
    stages: dict[tuple[int, int, int], list[Pair]] = {}
    for placed in view.lowered.kernels:
        kernel, op = placed.kernel, view.main(placed)
        if kernel.kind not in (Kind.CONV, Kind.GROUP_CONV) or not op.activations:
            continue
        pair = find_pair(view.model, view.lowered, view.widths, op)
        if isinstance(pair, Pair) and grouped.intersection(pair.operators):
            outer = view.widths.group[op.activations[0].name]
            stages.setdefault((outer, kernel.c_in, kernel.c_out), []).append(pair)
    return stages


def _span(pair: tuple[int, int]) -> str:
    return str(pair[0]) if pair[0] == pair[1] else f"{pair[0]} in and {pair[1]} out"


def _words(groups: int, outer: int, inner: int, kernel: Kernel) -> str:
    sizes = "x".join(map(str, kernel.out_map))
    kind = f"{groups} groups" if groups > 1 else "dense"
    return f"{kind}, {outer} > {inner} > {outer} channels on {sizes}"
