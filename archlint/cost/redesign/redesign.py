"""Other widths for a block: all kernels that touch the tensors whose width changes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from math import ceil, sqrt

import numpy as np
from numpy.typing import NDArray

from archlint.cost.kernels.kernel import Kernel
from archlint.cost.kernels.kind import Kind
from archlint.cost.lowering.lower import Lowered
from archlint.cost.lowering.on_path import on_path
from archlint.cost.lowering.runtime_rules import RuntimeRules
from archlint.cost.redesign.block_reorders import NO_REORDERS, Reorders, find_reorders
from archlint.cost.redesign.block_sums import BILINEAR, BlockSums, Width
from archlint.graph.model import Model
from archlint.graph.widths import Widths

__all__ = ["FLOPS_FROM", "FLOPS_TO", "Block", "Candidate", "find_block"]

Array = NDArray[np.float64]

FLOPS_FROM, FLOPS_TO = 1.00, 1.03
"""An alternative has at least the FLOPs of now, and at most this factor of them."""

KEEPS = 0.75
"""The share of its outer width that a block keeps in an alternative that is more than a note."""

FEWEST_FLOPS = 0.9
"""Where no other number of groups has equal FLOPs, the nearest has at least this share of them."""

OUTER_WIDTHS = 48
"""About how many outer widths are tried; the inner ones are all tried, to meet the FLOPs."""

_BEYOND = 1.25
"""How far below the width that dense convs of equal FLOPs have the widths to try begin."""

_ROUNDING = 1e-12
"""Equal FLOPs may come out less by this share: they are added up in another order."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """Widths to try, the groups of what may change them, and the kernels that the block then has.

    `flops` are those of the kernels over those of now.
    """

    outer: int
    inner: int
    groups: int
    kernels: tuple[Kernel, ...]
    flops: float


@dataclass(frozen=True, slots=True)
class Block:
    """The kernels that touch an outer width and its inner widths, now and at other widths.

    `outer` and `inner` are the widths now, `kernels` all touched kernels with the numbers they
    have in the lowered model; where nothing hangs on the outer width, `inner` is that width too.
    `grouped` are the places among them of group convs that get another number of groups; where
    that is one, the shuffles that only mixed their groups go.
    """

    outer: int
    inner: int
    numbers: tuple[int, ...]
    kernels: tuple[Kernel, ...]
    grouped: frozenset[int]
    lowering: RuntimeRules
    _ins: tuple[Width, ...]
    _outs: tuple[Width, ...]
    _shuffles: frozenset[int]
    _reorders: Reorders

    def falls(self, candidate: Candidate) -> bool:
        """Whether the outer width falls by more than a quarter."""
        return candidate.outer < KEEPS * self.outer

    def why_a_note(self, candidate: Candidate) -> str:
        """Why the alternative is no more than a note, "" where it may be more."""
        if not self.falls(candidate):
            return ""
        return f"the outer width falls from {self.outer} to {candidate.outer}"

    @property
    def groups(self) -> int:
        """The most groups of what may change them; 1 where nothing may."""
        return max((self.kernels[place].groups for place in self.grouped), default=1)

    def candidate(self, outer: int, inner: int, groups: int = 1) -> Candidate:
        """The block at these widths."""
        kernels = self.at(outer, inner, groups)
        flops = sum(kernel.flops for kernel in kernels) / self._flops
        return Candidate(outer, inner, groups, kernels, flops)

    def widths(
        self, step: int, groups: int = 1
    ) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
        """Outer and inner widths in such steps at equal FLOPs, those of the least MAC first.

        First those that keep the outer width but for a quarter, then those whose outer width
        falls by more.  It stays within half and double, the inner within a quarter and four
        times of now: further away it is another network.  A width that group convs alone hang on
        goes as far down as their groups take it.  Where other groups meet the FLOPs nowhere, it is
        the widths that come nearest.
        """
        outer, inner = self._grid(step)
        sums = self._sums(groups)
        at: dict[Width, Array] = {each: each.over(outer, inner) for each in sums.widths}
        flops, mac = np.zeros(len(outer)), np.zeros(len(outer))
        valid = np.ones(len(outer), dtype=bool)
        for channels in at.values():
            valid &= channels > 0
        for width, parts in sums.multiples:
            # a channel a group is a depthwise conv
            valid &= (at[width] % parts == 0) & (at[width] > parts)
        for (one, other), (its_flops, its_mac) in sums.products.items():
            product = at[one] * at[other]
            flops += its_flops * product
            mac += its_mac * product
        for width, (its_flops, its_mac) in sums.lines.items():
            flops += its_flops * at[width]
            mac += its_mac * at[width]
        flops /= self._flops
        if groups == self.groups:
            valid &= (outer != self.outer) | (inner != self.inner)
        equal = (flops >= FLOPS_FROM * (1 - _ROUNDING)) & (flops <= FLOPS_TO)
        fitting = np.flatnonzero(valid & equal)
        if not len(fitting) and self.grouped:
            near = np.flatnonzero(valid & (flops >= FEWEST_FLOPS))
            fitting = near[np.argsort(np.abs(np.log(flops[near])), kind="stable")[:1]]
        order = fitting[np.argsort(mac[fitting], kind="stable")]
        falls = outer[order] < KEEPS * self.outer
        kept, falling = (
            list(
                zip(outer[each].astype(int).tolist(), inner[each].astype(int).tolist(), strict=True)
            )
            for each in (order[~falls], order[falls])
        )
        return kept, falling

    def _grid(self, step: int) -> tuple[Array, Array]:
        """The outer and inner widths to try, each with each."""
        if not self.has_inner:
            factor = max(2, ceil(_BEYOND * sqrt(self.groups)))
            outers = _around(self.outer, step, factor)
            return outers, outers
        outers = _around(self.outer, step, 2, OUTER_WIDTHS)
        inners = _around(self.inner, step, 4)
        outer, inner = np.meshgrid(outers, inners, indexing="ij")
        return outer.ravel(), inner.ravel()

    @property
    def has_inner(self) -> bool:
        """Whether a width of its own hangs on the outer one."""
        return any(width.of_inner for width in (*self._ins, *self._outs))

    @property
    def _flops(self) -> int:
        return sum(kernel.flops for kernel in self.kernels)

    def can_have(self, outer: int, inner: int, groups: int = 1) -> bool:
        """Whether every width that follows stays one, and groups divide theirs."""
        sums = self._sums(groups)
        return all(each.at(outer, inner) > 0 for each in sums.widths) and all(
            width.at(outer, inner) % parts == 0 and width.at(outer, inner) > parts
            for width, parts in sums.multiples
        )

    def _sums(self, groups: int) -> BlockSums:
        """FLOPs and MAC of all kernels as a polynomial of their widths."""
        sums = BlockSums()
        alike = Counter(
            (kernel, self._ins[place], self._outs[place], place in self.grouped)
            for place, kernel in enumerate(self.kernels)
            if groups > 1 or place not in self._shuffles
        )
        for (kernel, of_in, of_out, is_grouped), count in alike.items():
            sums.add(kernel, of_in, of_out, groups if is_grouped else kernel.groups, count)
        return sums

    def at(self, outer: int, inner: int, groups: int = 1) -> tuple[Kernel, ...]:
        """The block's kernels at these widths, those with other groups with so many."""
        made = self.layers(outer, inner, groups)
        freed = {place for place, kernel in made.items() if self._is_freed(place, kernel)}
        freed |= self._shuffles - made.keys()
        gone = self._reorders.gone(freed)
        kept = (kernel for place, kernel in made.items() if self.numbers[place] not in gone)
        return *kept, *self._reorders.new(freed, made)

    def layers(self, outer: int, inner: int, groups: int = 1) -> dict[int, Kernel]:
        """The kernels at these widths by their place, reorders that then go among them."""
        made: dict[int, Kernel] = {}
        for place, kernel in enumerate(self.kernels):
            if groups == 1 and place in self._shuffles:
                continue
            if place in self.grouped:
                kind = Kind.CONV if groups == 1 else Kind.GROUP_CONV
                kernel = kernel._replace(kind=kind, groups=groups)
            wide = kernel.with_widths(
                self._ins[place].at(outer, inner), self._outs[place].at(outer, inner)
            )
            made[place] = wide if self.lowering.blocked is None else on_path(wide, self.lowering)
        return made

    def _is_freed(self, place: int, kernel: Kernel) -> bool:
        """Whether it runs in the blocked layout there and does not now."""
        return bool(kernel.path) and not self.kernels[place].path


def find_block(
    model: Model,
    lowered: Lowered,
    widths: Widths,
    outer: int,
    inners: Iterable[int],
    *,
    lowering: RuntimeRules,
    grouped: frozenset[int] = frozenset(),
    alike: Collection[int] = (),
) -> Block | str:
    """The block of an outer width group and the inner groups that hang on it, if any.

    `grouped` are group convs (operators) that get another number of groups, `alike` are groups
    whose width is the outer one and stays so.
    Of inner widths that differ the block's is the least: the others stay multiples of it.
    Returns the reason as text when its widths cannot change.  A group that is the output of a
    Concat takes the change up in one of its inputs, one that is an input of a Concat in another
    input, where that one is free.
    """
    inside, outers = frozenset(inners), {outer, *alike}
    sign = _followers(widths, outer, inside.union(alike))
    if isinstance(sign, str):
        return sign
    changed = {*outers, *inside, *sign}
    for each in sorted(changed):
        if each in widths.pinned:
            return widths.pinned[each]
    now_outer = widths.width[outer]
    now_inner = min((widths.width[each] for each in inside - outers), default=now_outer)

    def width_of(group: int | None, channels: int) -> Width | None:
        if group not in changed:
            return Width(channels)
        if widths.width.get(group) != channels:
            return None
        if group in outers:
            return Width(0, of_outer=1) if channels == now_outer else None
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
    ins, outs, shuffles = [], [], set()
    for place, number in enumerate(numbers):
        kernel, members = lowered.kernels[number].kernel, lowered.kernels[number].operators
        main = model.operators[members[0]]
        group = widths.group.get(main.output.name)
        if group is not None and main.index in widths.shuffles:
            # the kernel sees the channels split in two dims
            whole = width_of(group, widths.width[group])
            c_out = whole and whole.scaled(kernel.c_out / widths.width[group])
            if grouped and (group in inside or group in alike):
                shuffles.add(place)
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
        frozenset(
            place
            for place, number in enumerate(numbers)
            if lowered.kernels[number].kernel.kind is Kind.GROUP_CONV
            and grouped.intersection(lowered.kernels[number].operators)
        ),
        lowering,
        tuple(ins),
        tuple(outs),
        frozenset(shuffles),
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
