"""What a change of the model changes among its kernels, and at which place."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from operator import or_

from archlint.cost.kernels.kernel import Kernel
from archlint.cost.lowering.lower import lower
from archlint.cost.lowering.lowered import NO_CHANGE, Change, Lowered, PlacedKernel
from archlint.cost.lowering.runtime_rules import RuntimeRules
from archlint.graph.model import Model
from archlint.graph.rewrite import Rewrite, rewritten

__all__ = ["Difference", "difference", "differences", "relower", "rewrite_differences"]

NEAR = 64
"""Operators looked at around a kernel for the place that changed it."""


@dataclass(frozen=True, slots=True)
class Difference:
    """What changes at some places: the numbers of the kernels that vanish, and the new ones.

    `places` are the numbers of the places, one unless they change a kernel together.
    """

    places: tuple[int, ...]
    numbers: tuple[int, ...]
    kernels: tuple[Kernel, ...]


def relower(
    model: Model, lowering: RuntimeRules, lowered: Lowered, change: Change = NO_CHANGE
) -> Lowered:
    """The model lowered again with a change, its weights in rotation as before."""
    levels = {placed.kernel.rotation for placed in lowered.kernels}
    return lower(model, replace(lowering, rotation=tuple(levels - {0})), change)


def rewrite_differences(
    model: Model, lowering: RuntimeRules, lowered: Lowered, rewrites: Sequence[Rewrite]
) -> tuple[Difference, ...]:
    """What rewrites change, a place each; no operator goes in two of them."""
    if not rewrites:
        return ()
    other, origin = rewritten(model, reduce(or_, rewrites))
    relowered = relower(other, lowering, lowered)
    kernels = tuple(
        replace(placed, operators=tuple(origin[index] for index in placed.operators))
        for placed in relowered.kernels
    )
    places = [rewrite.gone for rewrite in rewrites]
    return differences(model, lowered, replace(relowered, kernels=kernels), places)


def difference(lowered: Lowered, relowered: Lowered) -> tuple[tuple[int, ...], tuple[Kernel, ...]]:
    """The numbers of the kernels that vanish, and the kernels that are new."""
    gone, new = unmatched(lowered, relowered)
    return cancelled(lowered, gone, [placed.kernel for placed in new])


def differences(
    model: Model, lowered: Lowered, relowered: Lowered, places: Sequence[Collection[int]]
) -> tuple[Difference, ...]:
    """The same by place, a place being the operators that were changed there.

    A kernel belongs to the place with which it shares an operator, or else to the nearest one.
    Places that share a kernel are one difference; one that changes nothing has none.
    """
    gone, new = unmatched(lowered, relowered)
    sets = _Sets()
    for operators in (
        *places,
        *(lowered.kernels[number].operators for number in gone),
        *(placed.operators for placed in new),
    ):
        sets.join(operators)
    home = {index: number for number, each in enumerate(places) for index in each}
    found: dict[int, tuple[list[int], list[Kernel]]] = defaultdict(lambda: ([], []))
    of_set: dict[int, set[int]] = defaultdict(set)
    for number, each in enumerate(places):
        for index in each:
            of_set[sets.of(index)].add(number)

    def place_of(placed: PlacedKernel) -> int | None:
        for index in placed.operators:
            if sets.of(index) in of_set:
                return sets.of(index)
        near = _nearest(model, placed.operators, home)
        return None if near is None else sets.of(near)

    for number in gone:
        key = place_of(lowered.kernels[number])
        if key is not None:
            found[key][0].append(number)
    for placed in new:
        key = place_of(placed)
        if key is not None:
            found[key][1].append(placed.kernel)
    made = []
    for key, (numbers, kernels) in found.items():
        left, added = cancelled(lowered, numbers, kernels)
        if left or added:
            made.append(Difference(tuple(sorted(of_set[key])), left, added))
    return tuple(sorted(made, key=lambda each: each.places))


def unmatched(lowered: Lowered, relowered: Lowered) -> tuple[list[int], list[PlacedKernel]]:
    """Kernels that do not stand at the same operators before and after."""
    after = Counter((placed.kernel, placed.operators) for placed in relowered.kernels)
    gone = []
    for number, placed in enumerate(lowered.kernels):
        key = placed.kernel, placed.operators
        if after[key] > 0:
            after[key] -= 1
        else:
            gone.append(number)
    new = []
    for placed in relowered.kernels:
        key = placed.kernel, placed.operators
        if after[key] > 0:
            after[key] -= 1
            new.append(placed)
    return gone, new


def cancelled(
    lowered: Lowered, numbers: Iterable[int], kernels: Sequence[Kernel]
) -> tuple[tuple[int, ...], tuple[Kernel, ...]]:
    """Without kernels that are there before and after, for other operators."""
    added = Counter(kernels)
    left = []
    for number in numbers:
        kernel = lowered.kernels[number].kernel
        if added[kernel] > 0:
            added[kernel] -= 1
        else:
            left.append(number)
    return tuple(left), tuple(added.elements())


def _nearest(model: Model, operators: Sequence[int], wanted: Collection[int]) -> int | None:
    """The operator of `wanted` with the fewest tensors between it and these."""
    queue, seen = list(operators), set(operators)
    for index in queue:
        if index in wanted:
            return index
        if len(seen) > NEAR:
            continue
        around = {*model.before(index), *model.after(index)}
        for each in sorted(around - seen):
            seen.add(each)
            queue.append(each)
    return None


class _Sets:
    """Operators that belong together."""

    def __init__(self) -> None:
        self._parent: dict[int, int] = {}

    def of(self, index: int) -> int:
        root = index
        while root in self._parent:
            root = self._parent[root]
        while index != root:  # nobody has so far to go again
            self._parent[index], index = root, self._parent[index]
        return root

    def join(self, indices: Iterable[int]) -> None:
        roots = sorted({self.of(index) for index in indices})
        for root in roots[1:]:
            self._parent[root] = roots[0]
