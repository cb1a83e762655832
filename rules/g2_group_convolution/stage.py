"""Group convs by the outer width that they hang on, and the one proposal for each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
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
)

__all__ = ["Proposal", "proposals", "propose"]


@dataclass(frozen=True, slots=True)
class Proposal:
    """Other widths for pairs of convs on one outer width, of which `grouped` have groups."""

    pairs: tuple[Pair, ...]
    grouped: tuple[int, ...]
    block: Block
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
    """One proposal for each outer width, of those for all its pairs and for pairs alike.

    A second one would contradict it: each gives the same tensors another width.
    """
    pending = set(grouped)
    for outer, by_widths in _stages(view, grouped).items():
        found: list[Proposal] = []
        refused: list[Silence] = []
        for pairs in by_widths:
            convs = _grouped(pairs, pending)
            if not convs:
                continue
            each = propose(view, outer, pairs, convs)
            if isinstance(each, str):
                refused.append(Silence(convs, each))
            else:
                found.append(each)
        together = _together(view, [each.pairs for each in found])
        if len(found) > 1 and together:
            whole = propose(view, outer, together, _grouped(together, pending))
            found += [] if isinstance(whole, str) else [whole]
        pending -= {index for each in refused for index in each.operators}
        pending -= {index for each in found for index in each.grouped}
        yield from refused
        if not found:
            continue
        best = max(found, key=lambda each: each.rank)
        yield best
        left = {index for each in found for index in each.grouped} - set(best.grouped)
        if left:
            width = view.widths.width[outer]
            yield Silence(tuple(sorted(left)), f"others on its {width} channels change them faster")


def propose(
    view: View, outer: int, pairs: Sequence[Pair], grouped: tuple[int, ...]
) -> Proposal | str:
    """The fastest dense block, or why there is none."""
    inner = tuple(dict.fromkeys(group for pair in pairs for group in pair.inner))
    if outer in inner:
        return "its width runs through the whole stage"
    block = find_block(
        view.model, view.lowered, view.widths, outer, inner,
        lowering=view.target.lowering, dense=frozenset(grouped),
    )  # fmt: skip
    if isinstance(block, str):
        return f"its width cannot change: {block}"
    candidate = fastest(block, view.pricer)
    if candidate is None:
        return "no aligned widths have a dense block of equal FLOPs"
    comparison = view.pricer.compare(block.kernels, candidate.kernels)
    return Proposal(tuple(pairs), grouped, block, candidate, comparison)


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


def _together(view: View, by_widths: Sequence[Sequence[Pair]]) -> list[Pair]:
    """All pairs, where their inner widths are multiples of the least; else none."""
    widths = {view.widths.width[pairs[0].inner[0]] for pairs in by_widths}
    if not widths or any(each % min(widths) for each in widths):
        return []
    return [pair for pairs in by_widths for pair in pairs]


def _grouped(pairs: Sequence[Pair], grouped: set[int]) -> tuple[int, ...]:
    return tuple(sorted({index for pair in pairs for index in pair.operators} & grouped))
