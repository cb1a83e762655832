"""Group convs by the widths that they hang on, and the one proposal for each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from archlint.plugin import (
    Block,
    Candidate,
    Comparison,
    Kind,
    Pair,
    Silence,
    View,
    fastest,
    find_block,
    find_pair,
    keeping,
    owes_to_alignment,
    width_step,
)
from archlint.rules.g2_group_convolution.one_width import stages_of_one_width

__all__ = ["Proposal", "proposals"]


@dataclass(frozen=True, slots=True)
class Proposal:
    """Other widths and groups for the layers on one outer width, of which `grouped` have groups.

    `pairs` are those that lead away from that width and back, none where all layers have it.
    `choices` are the fastest for each number of groups, `candidate` is the best of them.
    """

    pairs: tuple[Pair, ...]
    grouped: tuple[int, ...]
    block: Block
    choices: tuple[Candidate, ...]
    candidate: Candidate
    comparison: Comparison | None

    @property
    def rank(self) -> tuple[bool, bool, float]:
        """Greater is better: it keeps the outer width, is surely faster, and saves more."""
        if self.comparison is None:
            return False, False, 0.0
        falls, is_sure = self.block.falls(self.candidate), self.comparison.low > 1.0
        return is_sure and not falls, is_sure, self.comparison.saving


def proposals(view: View, grouped: set[int]) -> Iterator[Proposal | Silence]:
    """One proposal or silence for each group conv, with all that hang on the same widths.

    First those in pairs, by their outer width, then stages of one width, then what stands alone.
    """
    left = set(grouped)
    refused: list[Silence] = []
    for said in _of_pairs(view, _stages(view, left), left, refused):
        left -= set(said.operators if isinstance(said, Silence) else said.grouped)
        yield said
    for stage in stages_of_one_width(view, left):
        left -= set(stage.grouped)
        outer, *alike = stage.widths
        made = _propose(view, outer, (), stage.grouped, alike)
        yield Silence(stage.grouped, made) if isinstance(made, str) else made
    for each in refused:
        still = tuple(index for index in each.operators if index in left)
        left -= set(still)
        if still:
            yield Silence(still, each.reason)
    refused.clear()
    yield from _of_pairs(view, _alone(view, left), left, refused)
    yield from refused


def _of_pairs(
    view: View,
    stages: Mapping[int, Sequence[Sequence[Pair]]],
    grouped: set[int],
    refused: list[Silence],
) -> Iterator[Proposal | Silence]:
    """One proposal for each outer width, of those for all its pairs and for pairs alike.

    A second one would contradict it: each gives the same tensors another width.  Pairs without
    one go to `refused`: they may be of a stage of one width, whose ends are no matter.
    """
    pending = set(grouped)
    for outer, by_widths in stages.items():
        found: list[Proposal] = []
        for pairs in by_widths:
            convs = _grouped(pairs, pending)
            if not convs:
                continue
            each = _propose(view, outer, pairs, convs)
            if isinstance(each, str):
                pending -= set(convs)
                refused.append(Silence(convs, each))
            else:
                found.append(each)
        together = _together(view, [each.pairs for each in found])
        if len(found) > 1 and together:
            whole = _propose(view, outer, together, _grouped(together, pending))
            found += [] if isinstance(whole, str) else [whole]
        pending -= {index for each in found for index in each.grouped}
        if not found:
            continue
        best = max(found, key=lambda each: each.rank)
        yield best
        left = {index for each in found for index in each.grouped} - set(best.grouped)
        if left:
            width = view.widths.width[outer]
            yield Silence(tuple(sorted(left)), f"others on its {width} channels change them faster")


def _propose(
    view: View,
    outer: int,
    pairs: Sequence[Pair],
    grouped: tuple[int, ...],
    alike: Sequence[int] = (),
) -> Proposal | str:
    """The fastest widths for each number of groups, or why there are none."""
    inner = tuple(dict.fromkeys(group for pair in pairs for group in pair.inner))
    block = find_block(
        view.model, view.lowered, view.widths, outer, inner,
        lowering=view.target.lowering, grouped=frozenset(grouped), alike=alike,
    )  # fmt: skip
    if isinstance(block, str):
        return f"its width cannot change: {block}"
    choices = tuple(_choices(view, block))
    best = keeping(block, view.pricer, choices)
    if best is None:
        return "no aligned widths with fewer groups have a block of its FLOPs"
    step = width_step(view.pricer, block.kernels)
    if owes_to_alignment(block, best.kernels, view.pricer, step):
        return "aligned widths alone gain most of what fewer groups would: see A1"
    comparison = view.pricer.compare(block.kernels, best.kernels)
    return Proposal(tuple(pairs), grouped, block, choices, best, comparison)


def _choices(view: View, block: Block) -> Iterator[Candidate]:
    """The fastest widths for 1, 2, 4, 8, ... groups."""
    groups = 1
    while groups < block.groups:
        candidate = fastest(block, view.pricer, groups=groups)
        if candidate is not None:
            yield candidate
        groups *= 2


def _stages(view: View, grouped: set[int]) -> dict[int, list[list[Pair]]]:
    """The pairs that hold a group conv, by outer width group, those of equal widths together."""
    stages: dict[int, dict[tuple[int, int], list[Pair]]] = {}
    for placed in view.lowered.kernels:
        kernel, op = placed.kernel, view.main(placed)
        if kernel.kind not in (Kind.CONV, Kind.GROUP_CONV) or not op.activations:
            continue
        pair = find_pair(view.model, view.lowered, view.widths, op)
        if isinstance(pair, Pair) and grouped.intersection(pair.operators):
            by_widths = stages.setdefault(view.widths.group[op.activations[0].name], {})
            by_widths.setdefault((kernel.c_in, kernel.c_out), []).append(pair)
    return {outer: list(by_widths.values()) for outer, by_widths in stages.items()}


def _alone(view: View, left: set[int]) -> dict[int, list[list[Pair]]]:
    """Group convs in no pair, by the one of their widths that more of them hang on.

    Those of equal widths are together, whichever way they lead.
    """
    ends = {}
    for index in sorted(left):
        op = view.model.operators[index]
        ends[index] = (
            view.widths.group[op.activations[0].name],
            view.widths.group[op.output.name],
        )
    hanging = Counter(width for both in ends.values() for width in both)
    stages: dict[int, dict[int, list[Pair]]] = {}
    for index, both in ends.items():
        # of a width that is joined with others only the outer one can change
        outer, inner = sorted(
            both, key=lambda each: (each not in view.widths.joins_of, -hanging[each])
        )
        by_width = stages.setdefault(outer, {})
        by_width.setdefault(view.widths.width.get(inner, 0), []).append(Pair((index,), (inner,)))
    return {outer: list(by_width.values()) for outer, by_width in stages.items()}


def _together(view: View, by_widths: Sequence[Sequence[Pair]]) -> list[Pair]:
    """All pairs, where their inner widths are multiples of the least; else none."""
    widths = {view.widths.width[pairs[0].inner[0]] for pairs in by_widths}
    if not widths or any(each % min(widths) for each in widths):
        return []
    return [pair for pairs in by_widths for pair in pairs]


def _grouped(pairs: Sequence[Pair], grouped: set[int]) -> tuple[int, ...]:
    return tuple(sorted({index for pair in pairs for index in pair.operators} & grouped))
