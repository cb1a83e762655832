"""Other widths for a block: all kernels that touch the tensors whose width changes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from math import prod

import numpy as np
from numpy.typing import NDArray

from archlint.cost.block_reorders import NO_REORDERS, Reorders, find_reorders
from archlint.cost.kernel import Kernel
from archlint.cost.kind import Kind
from archlint.cost.lower import Lowered
from archlint.cost.lowering import Lowering
from archlint.cost.on_path import on_path
from archlint.cost.pricer import Comparison, Pricer
from archlint.graph.model import Model
from archlint.graph.widths import Widths

__all__ = ["Block", "Candidate", "fastest", "find_block"]

Array = NDArray[np.float64]

FLOPS_FROM, FLOPS_TO = 1.00, 1.03
"""An alternative has at least the FLOPs of now, and at most this factor of them."""

KEEPS = 0.75
"""The share of its outer width that a block keeps in an alternative that is more than a note."""

OUTER_WIDTHS = 48
"""About how many outer widths are tried; the inner ones are all tried, to meet the FLOPs."""

_BILINEAR = frozenset({Kind.CONV, Kind.GROUP_CONV, Kind.TRANSPOSED_CONV, Kind.PRODUCT})


@dataclass(frozen=True, slots=True)
class _Width:
    """A width as `fixed + of_outer * outer + of_inner * inner`."""

    fixed: float
    of_outer: float = 0
    of_inner: float = 0

    def scaled(self, factor: float) -> _Width:
        return _Width(self.fixed * factor, self.of_outer * factor, self.of_inner * factor)

    def at(self, outer: int, inner: int) -> int:
        return round(self.fixed + self.of_outer * outer + self.of_inner * inner)

    def over(self, outer: Array, inner: Array) -> Array:
        return self.fixed + self.of_outer * outer + self.of_inner * inner


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
    lowering: Lowering
    _ins: tuple[_Width, ...]
    _outs: tuple[_Width, ...]
    _dropped: frozenset[int]
    _reorders: Reorders

    def falls(self, candidate: Candidate) -> bool:
        """Whether the outer width falls by more than a quarter."""
        return candidate.outer < KEEPS * self.outer

    def candidates(self, alignment: int, *, falling: bool, limit: int) -> Iterator[Candidate]:
        """Aligned widths at equal FLOPs, those of the least MAC first, at most `limit`.

        Either those whose outer width falls by more than a quarter or the others.  It stays
        within half and double, the inner within a quarter and four times of now: further away
        it is another network.
        """
        outers = _around(self.outer, alignment, 2, OUTER_WIDTHS)
        inners = _around(self.inner, alignment, 4)
        outer, inner = (axis.ravel() for axis in np.meshgrid(outers, inners, indexing="ij"))
        flops, mac = np.zeros(len(outer)), np.zeros(len(outer))
        valid = (outer < KEEPS * self.outer) == falling
        alike = Counter(
            (kernel, self._ins[place], self._outs[place], place in self.dense)
            for place, kernel in enumerate(self.kernels)
            if place not in self._dropped
        )
        for (kernel, of_in, of_out, is_dense), count in alike.items():
            c_in, c_out = of_in.over(outer, inner), of_out.over(outer, inner)
            valid &= (c_in > 0) & (c_out > 0)
            groups = 1 if is_dense else kernel.groups
            if kernel.kind is Kind.GROUP_CONV and groups > 1:
                valid &= (c_in % groups == 0) & (c_out % groups == 0)
            ratio = kernel.groups / groups * c_out / kernel.c_out
            if kernel.kind in _BILINEAR:
                ratio = ratio * c_in / kernel.c_in
            flops += count * kernel.flops * ratio
            operands = 1 if kernel.op == "Concat" else kernel.operands
            read = prod(kernel.in_map) * operands * (c_out if kernel.op == "Concat" else c_in)
            moved = kernel.batch * (read + prod(kernel.out_map) * c_out)
            mac += count * (kernel.itemsize * moved + kernel.weight_bytes * ratio)
        now = sum(kernel.flops for kernel in self.kernels)
        valid &= (flops >= FLOPS_FROM * now) & (flops <= FLOPS_TO * now)
        if not self.dense:
            valid &= (outer != self.outer) | (inner != self.inner)
        fitting = np.flatnonzero(valid)
        order = fitting[np.argsort(mac[fitting], kind="stable")]
        for index in order[:limit]:
            widths = int(outer[index]), int(inner[index])
            yield Candidate(*widths, self.at(*widths))

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


def fastest(
    block: Block,
    pricer: Pricer,
    accept: Callable[[Candidate], bool] | None = None,
    *,
    limit: int = 8,
) -> tuple[Candidate, Comparison] | None:
    """The fastest candidate that is acceptable, with its price against now.

    One whose outer width falls by more than a quarter is taken only if no other one is surely
    faster than now.
    """
    best = None
    for falling in (False, True):
        quickest, least = None, float("inf")
        for candidate in block.candidates(pricer.target.alignment, falling=falling, limit=limit):
            if accept is not None and not accept(candidate):
                continue
            seconds = pricer.seconds(candidate.kernels)
            if seconds is not None and seconds < least:
                quickest, least = candidate, seconds
        if quickest is None:
            continue
        comparison = pricer.compare(block.kernels, quickest.kernels)
        if comparison is None:
            continue
        if comparison.low > 1.0:
            return quickest, comparison
        if best is None or comparison.slowdown > best[1].slowdown:
            best = quickest, comparison
    return best


def find_block(
    model: Model,
    lowered: Lowered,
    widths: Widths,
    outer: int,
    inners: Iterable[int],
    *,
    lowering: Lowering,
    dense: frozenset[int] = frozenset(),
) -> Block | str:
    """The block of an outer width group and the inner groups that hang on it.

    `dense` are group convs (operators) that become dense, with the shuffles between them.
    Returns the reason as text when its widths cannot change.  A group that is the output of a
    Concat takes the change up in one of its inputs, one that is an input of a Concat in another
    input, where that one is free.
    """
    inside = frozenset(inners)
    sign = _followers(widths, outer, inside)
    if isinstance(sign, str):
        return sign
    now_outer, now_inner = widths.width[outer], widths.width[next(iter(inside))]
    changed = {outer, *inside, *sign}
    for each in sorted(changed):
        if each in widths.pinned:
            return widths.pinned[each]

    def width_of(group: int | None, channels: int) -> _Width | None:
        if group not in changed:
            return _Width(channels)
        if widths.width.get(group) != channels:
            return None
        if group == outer:
            return _Width(0, of_outer=1)
        if group in inside:
            return _Width(0, of_inner=1)
        step = sign[group]
        return _Width(channels - step * now_outer, of_outer=step)

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
        if kernel.kind in _BILINEAR:
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


def _around(width: int, alignment: int, factor: int, most: int | None = None) -> Array:
    """Aligned widths from `width / factor` to `width * factor`, at most about `most` of them."""
    low = max(alignment, -(-width // (factor * alignment)) * alignment)
    high = factor * width
    step = alignment
    if most is not None:
        step *= max(1, (high - low) // (alignment * most))
    return np.array(sorted({*range(low, high + 1, step), width}), dtype=float)
