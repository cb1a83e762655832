"""Other widths for a block: all kernels that touch the tensors whose width changes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from archlint.cost.kernels.kernel import Kernel
from archlint.cost.kernels.kind import Kind
from archlint.cost.lowering.lower import Lowered
from archlint.cost.lowering.on_path import on_path
from archlint.cost.lowering.runtime_rules import RuntimeRules
from archlint.cost.pricer import Pricer
from archlint.cost.redesign.block_reorders import NO_REORDERS, Reorders, find_reorders
from archlint.cost.redesign.block_sums import BILINEAR, BlockSums, Width
from archlint.graph.model import Model
from archlint.graph.widths import Widths

__all__ = ["Block", "Candidate", "fastest", "find_block", "width_step"]

Array = NDArray[np.float64]

FLOPS_FROM, FLOPS_TO = 1.00, 1.03
"""An alternative has at least the FLOPs of now, and at most this factor of them."""

KEEPS = 0.75
"""The share of its outer width that a block keeps in an alternative that is more than a note."""

_LAYERS = frozenset({Kind.CONV, Kind.DEPTHWISE, Kind.TRANSPOSED_CONV, Kind.PRODUCT})
"""Kinds that are fast or slow by their whole widths; group convs are by their groups'."""

OUTER_WIDTHS = 48
"""About how many outer widths are tried; the inner ones are all tried, to meet the FLOPs."""

_ROUNDING = 1e-12
"""Equal FLOPs may come out less by this share: they are added up in another order."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """Widths to try, and the kernels that the block then has."""

    outer: int
    inner: int
    kernels: tuple[Kernel, ...]


@dataclass(frozen=True, slots=True)
class Block:
    """The kernels that touch an outer width and its inner widths, now and at other widths.

    `outer` and `inner` are the widths now, `kernels` all touched kernels with the numbers they
    have in the lowered model.  `dense` are the places among them of group convs that become
    dense; the shuffles that only mixed their groups go.
    """

    outer: int
    inner: int
    numbers: tuple[int, ...]
    kernels: tuple[Kernel, ...]
    dense: frozenset[int]
    lowering: RuntimeRules
    _ins: tuple[Width, ...]
    _outs: tuple[Width, ...]
    _dropped: frozenset[int]
    _reorders: Reorders

    def falls(self, candidate: Candidate) -> bool:
        """Whether the outer width falls by more than a quarter."""
        return candidate.outer < KEEPS * self.outer

    def why_a_note(self, candidate: Candidate) -> str:
        """Why the alternative is no more than a note, "" where it may be more."""
        if not self.falls(candidate):
            return ""
        return f"the outer width falls from {self.outer} to {candidate.outer}"

    def widths(self, step: int) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
        """Outer and inner widths in such steps at equal FLOPs, those of the least MAC first.

        First those that keep the outer width but for a quarter, then those whose outer width
        falls by more.  It stays within half and double, the inner within a quarter and four
        times of now: further away it is another network.
        """
        outers = _around(self.outer, step, 2, OUTER_WIDTHS)
        inners = _around(self.inner, step, 4)
        outer, inner = (axis.ravel() for axis in np.meshgrid(outers, inners, indexing="ij"))
        sums = self._sums()
        at: dict[Width, Array] = {each: each.over(outer, inner) for each in sums.widths}
        flops, mac = np.zeros(len(outer)), np.zeros(len(outer))
        valid = np.ones(len(outer), dtype=bool)
        for channels in at.values():
            valid &= channels > 0
        for width, groups in sums.multiples:
            valid &= at[width] % groups == 0
        for (one, other), (its_flops, its_mac) in sums.products.items():
            product = at[one] * at[other]
            flops += its_flops * product
            mac += its_mac * product
        for width, (its_flops, its_mac) in sums.lines.items():
            flops += its_flops * at[width]
            mac += its_mac * at[width]
        now = sum(kernel.flops for kernel in self.kernels)
        valid &= (flops >= FLOPS_FROM * now * (1 - _ROUNDING)) & (flops <= FLOPS_TO * now)
        if not self.dense:
            valid &= (outer != self.outer) | (inner != self.inner)
        fitting = np.flatnonzero(valid)
        order = fitting[np.argsort(mac[fitting], kind="stable")]
        falls = outer[order] < KEEPS * self.outer
        kept, falling = (
            list(
                zip(outer[each].astype(int).tolist(), inner[each].astype(int).tolist(), strict=True)
            )
            for each in (order[~falls], order[falls])
        )
        return kept, falling

    def _sums(self) -> BlockSums:
        """FLOPs and MAC of all kernels as a polynomial of their widths."""
        sums = BlockSums()
        alike = Counter(
            (kernel, self._ins[place], self._outs[place], place in self.dense)
            for place, kernel in enumerate(self.kernels)
            if place not in self._dropped
        )
        for (kernel, of_in, of_out, is_dense), count in alike.items():
            sums.add(kernel, of_in, of_out, 1 if is_dense else kernel.groups, count)
        return sums

    def at(self, outer: int, inner: int) -> tuple[Kernel, ...]:
        """The block's kernels at these widths."""
        made: dict[int, Kernel] = {}
        freed = set(self._dropped)
        for number, kernel in enumerate(self.kernels):
            if number in self._dropped:
                continue
            now = kernel
            if number in self.dense:
                kernel = kernel._replace(kind=Kind.CONV, groups=1)
            wide = kernel.with_widths(
                self._ins[number].at(outer, inner), self._outs[number].at(outer, inner)
            )
            made[number] = wide if self.lowering.blocked is None else on_path(wide, self.lowering)
            if made[number].path and not now.path:
                freed.add(number)
        gone = self._reorders.gone(freed)
        kept = (kernel for place, kernel in made.items() if self.numbers[place] not in gone)
        return *kept, *self._reorders.new(freed, made)


def width_step(pricer: Pricer, kernels: Iterable[Kernel]) -> int:
    """What the widths of kernels like these are to be multiples of to run at full speed."""
    families = {pricer.family(kernel) for kernel in kernels if kernel.kind in _LAYERS}
    return max([pricer.target.width_step, *(each.width_step for each in families if each)])


def fastest(
    block: Block,
    pricer: Pricer,
    accept: Callable[[Candidate], bool] | None = None,
    *,
    limit: int = 8,
) -> Candidate | None:
    """The fastest candidate that is acceptable.

    One whose outer width falls by more than a quarter is taken only if no other one is surely
    faster than now.
    """
    best, most = None, 0.0
    step = width_step(pricer, block.at(block.outer, block.inner))
    for widths in block.widths(step):
        quickest, least = None, float("inf")
        tried = (Candidate(*each, block.at(*each)) for each in widths[:limit])
        candidates = [each for each in tried if accept is None or accept(each)]
        pricer.learn(kernel for each in candidates for kernel in each.kernels)
        for candidate in candidates:
            seconds = pricer.seconds(candidate.kernels)
            if seconds is not None and seconds < least:
                quickest, least = candidate, seconds
        if quickest is None:
            continue
        comparison = pricer.compare(block.kernels, quickest.kernels)
        if comparison is None:
            continue
        if comparison.low > 1.0:
            return quickest
        if comparison.slowdown > most:
            best, most = quickest, comparison.slowdown
    return best


def find_block(
    model: Model,
    lowered: Lowered,
    widths: Widths,
    outer: int,
    inners: Iterable[int],
    *,
    lowering: RuntimeRules,
    dense: frozenset[int] = frozenset(),
) -> Block | str:
    """The block of an outer width group and the inner groups that hang on it.

    `dense` are group convs (operators) that become dense, with the shuffles between them.
    Of inner widths that differ the block's is the least: the others stay multiples of it.
    Returns the reason as text when its widths cannot change.  A group that is the output of a
    Concat takes the change up in one of its inputs, one that is an input of a Concat in another
    input, where that one is free.
    """
    inside = frozenset(inners)
    sign = _followers(widths, outer, inside)
    if isinstance(sign, str):
        return sign
    changed = {outer, *inside, *sign}
    for each in sorted(changed):
        if each in widths.pinned:
            return widths.pinned[each]
    now_outer, now_inner = widths.width[outer], min(widths.width[each] for each in inside)

    def width_of(group: int | None, channels: int) -> Width | None:
        if group not in changed:
            return Width(channels)
        if widths.width.get(group) != channels:
            return None
        if group == outer:
            return Width(0, of_outer=1)
        if group in inside:
            return Width(0, of_inner=channels / now_inner)
        step = sign[group]
        return Width(channels - step * now_outer, of_outer=step)

    operators = {
        index
        for group in changed
        for index in (*widths.readers.get(group, ()), *widths.writers.get(group, ()))
    }
    numbers = tuple(sorted({lowered.home[i] for i in operators if i in lowered.home}))
    blocked = lowering.blocked is not None
    reorders = find_reorders(model, lowered, numbers) if blocked else NO_REORDERS
    ins, outs, dropped = [], [], set()
    for place, number in enumerate(numbers):
        kernel, members = lowered.kernels[number].kernel, lowered.kernels[number].operators
        main = model.operators[members[0]]
        group = widths.group.get(main.output.name)
        if group is not None and main.index in widths.shuffles:
            # the kernel sees the channels split in two dims
            whole = width_of(group, widths.width[group])
            c_out = whole and whole.scaled(kernel.c_out / widths.width[group])
            if dense and group in inside:
                dropped.add(place)
        else:
            c_out = width_of(group, kernel.c_out)
        c_in = c_out
        if kernel.op == "Concat" and c_out is not None:
            # the mean width of what it joins
            c_in = c_out.scaled(kernel.c_in / kernel.c_out)
        if kernel.kind in BILINEAR:
            c_in = width_of(widths.group.get(main.activations[0].name), kernel.c_in)
        if c_in is None or c_out is None:
            return f"{main.op_type} {main.name} does not follow the width"
        ins.append(c_in)
        outs.append(c_out)
    for number, place in reorders.forced.items():
        # behind the others, whose places the rules know
        kernel = lowered.kernels[number].kernel
        width = ins[place] if kernel.op == "ReorderOutput" else outs[place]
        if width.at(now_outer, now_inner) == kernel.c_out:
            numbers += (number,)
            ins.append(width)
            outs.append(width)
    return Block(
        now_outer,
        now_inner,
        numbers,
        tuple(lowered.kernels[number].kernel for number in numbers),
        frozenset(p for p, n in enumerate(numbers) if dense & set(lowered.kernels[n].operators)),
        lowering,
        tuple(ins),
        tuple(outs),
        frozenset(dropped),
        reorders,
    )


def _followers(widths: Widths, outer: int, inside: frozenset[int]) -> Mapping[int, int] | str:
    """Groups that must follow the outer width through a Concat: group -> +1 or -1."""
    if any(widths.joins_of.get(group) for group in inside):
        return "a Concat ties an inner width"
    sign: dict[int, int] = {}
    for join in widths.joins_of.get(outer, ()):
        free = [g for g in join.inputs if g != outer and g not in widths.pinned]
        if not free or len(set(join.inputs)) < len(join.inputs):
            return "a Concat ties its width"
        # the branch that fewest operators touch: a conv of the block, not the stream
        taker = min(free, key=lambda g: len(widths.readers[g]) + len(widths.writers.get(g, ())))
        if taker in sign:
            return "several Concats tie its width"
        sign[taker] = 1 if outer == join.output else -1
    for group in sign:
        if any(
            outer != join.output and outer not in join.inputs for join in widths.joins_of[group]
        ):
            return "several Concats tie its width"
    return sign


def _around(width: int, step: int, factor: int, most: int | None = None) -> Array:
    """Widths in steps from `width / factor` to `width * factor`, at most about `most` of them."""
    low = max(step, -(-width // (factor * step)) * step)
    high = factor * width
    if most is not None:
        step *= max(1, (high - low) // (step * most))
    return np.array(sorted({*range(low, high + 1, step), width}), dtype=float)
