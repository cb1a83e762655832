"""Regions: what lies between a fork and the join of three branches or more."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from math import prod

from archlint.plugin import POOLS, Model, Operator, Tensor
from archlint.rules.g3_fragmentation.antichain import width_of
from archlint.rules.g3_fragmentation.dominators import OUTSIDE, Dominators
from archlint.rules.g3_fragmentation.joins import Join, find_joins

__all__ = ["Region", "find_regions"]

BRANCHES = 3
"""Inputs from which on a join is looked at: with two there is a shortcut in every network."""

LARGEST = 512
"""Fragments of a region whose width is still computed: no building block has more."""

FARTHEST, FARTHEST_AT_LEAST = 16, 1024
"""Operators around a region that are looked at: as many times its own, and never fewer."""

_CONVS = frozenset({"Conv", "ConvTranspose"})


@dataclass(frozen=True, slots=True)
class Region:
    """The operators between a fork and a join, or several joins of the same inputs.

    `roots` make the joins' results, `joins` are all operators of their trees, `fragments` the
    convs and pools on maps above 1x1, `inputs` the tensors from elsewhere, the latest last.
    `width` is the largest antichain of fragments; None where that was too much to compute.
    """

    roots: tuple[int, ...]
    joins: tuple[int, ...]
    operators: tuple[int, ...]
    fragments: tuple[int, ...]
    inputs: tuple[Tensor, ...]
    width: int | None


def find_regions(model: Model, taken: Collection[int] = ()) -> tuple[Region, ...]:
    """The regions that hold fragments, without the operators that are `taken` already.

    Time and memory grow with the edges times their logarithm.
    """
    finder = _Finder(model, taken)
    cones: dict[frozenset[str], list[_Cone]] = {}
    for join in find_joins(model):
        if join.root not in finder.taken and len(join.leaves) >= BRANCHES:
            finder.stops.update(join.operators)
            cone = finder.cone(join)
            cones.setdefault(frozenset(cone.inputs), []).append(cone)
    regions = (finder.region(each) for each in cones.values())
    return tuple(region for region in regions if region.fragments)


@dataclass(frozen=True, slots=True)
class _Cone:
    join: Join
    operators: tuple[int, ...]
    inputs: dict[str, tuple[int, Tensor]]


class _Finder:
    def __init__(self, model: Model, taken: Collection[int]) -> None:
        self._model = model
        self._made = frozenset(t.name for op in model.operators for t in op.outputs)
        self._dominators = Dominators()
        for op in model.operators:
            self._dominators.add(op.index, self._reads(op))
        self.taken = set(taken)
        self.stops: set[int] = set(taken)
        """Operators that are taken, and those of joins of many."""

    def _reads(self, op: Operator) -> Iterable[int]:
        makers = set(self._model.before(op.index))
        if any(tensor.name not in self._made for tensor in op.activations):
            makers.add(OUTSIDE)
        return makers

    def cone(self, join: Join) -> _Cone:
        """The backward slice of a join; takes its operators."""
        makers = self._model.makers
        ends = [makers.get(leaf.name, OUTSIDE) for leaf in join.leaves]
        fork = self._dominators.common(ends)
        inside: set[int] = set()
        inputs: dict[str, tuple[int, Tensor]] = {}
        pending = list(zip(join.leaves, ends, strict=True))
        while pending:
            tensor, maker = pending.pop()
            if maker in (OUTSIDE, fork) or maker in self.stops:
                inputs[tensor.name] = maker, tensor
            elif maker not in inside:
                inside.add(maker)
                pending += self._inputs_of(maker)
        if self._splits_for(fork, inside):
            inside.add(fork)
            inputs = {name: each for name, each in inputs.items() if each[0] != fork}
            inputs |= {tensor.name: (maker, tensor) for tensor, maker in self._inputs_of(fork)}
        members = tuple(sorted(inside | set(join.operators)))
        self.taken.update(members)
        self.stops.update(members)
        return _Cone(join, members, inputs)

    def _inputs_of(self, index: int) -> list[tuple[Tensor, int]]:
        op = self._model.operators[index]
        makers = self._model.makers
        return [(tensor, makers.get(tensor.name, OUTSIDE)) for tensor in op.activations]

    def _splits_for(self, fork: int, inside: Collection[int]) -> bool:
        """Whether the fork is a Split that serves these operators alone."""
        if fork == OUTSIDE or fork in self.stops:
            return False
        if self._model.operators[fork].op_type != "Split":
            return False
        return all(reader in inside for reader in self._model.after(fork))

    def region(self, cones: list[_Cone]) -> Region:
        """Cones with the same inputs as one region."""
        operators = tuple(sorted({index for cone in cones for index in cone.operators}))
        fragments = tuple(
            index for index in operators if _is_fragment(self._model.operators[index])
        )
        inputs = sorted(cones[0].inputs.values(), key=lambda each: (each[0], each[1].name))
        return Region(
            roots=tuple(cone.join.root for cone in cones),
            joins=tuple(sorted(index for cone in cones for index in cone.join.operators)),
            operators=operators,
            fragments=fragments,
            inputs=tuple(tensor for _, tensor in inputs),
            width=self._width(operators, fragments),
        )

    def _width(self, operators: tuple[int, ...], fragments: tuple[int, ...]) -> int | None:
        if not fragments:
            return 0
        if len(fragments) > LARGEST:
            return None
        around = self._around(operators, fragments[0])
        if around is None:
            return None
        place = {index: number for number, index in enumerate(fragments)}
        before: dict[int, int] = {}
        for index in sorted(around.union(operators)):
            bits = 0
            for maker in self._model.before(index):
                bits |= before.get(maker, 0)
                if maker in place:
                    bits |= 1 << place[maker]
            before[index] = bits
        return width_of([before[index] for index in fragments])

    def _around(self, operators: tuple[int, ...], first: int) -> set[int] | None:
        """Operators of other regions through which one of these may lead to another one.

        None where they are too many: the region's operators lie far apart.
        """
        inside, found = set(operators), set[int]()
        limit = FARTHEST * len(operators) + FARTHEST_AT_LEAST
        pending = list(operators)
        while pending:
            for maker in self._model.before(pending.pop()):
                if maker > first and maker not in inside and maker not in found:
                    found.add(maker)
                    pending.append(maker)
                    if len(found) > limit:
                        return None
        return found


def _is_fragment(op: Operator) -> bool:
    if op.domain or op.malformed or op.op_type not in _CONVS | POOLS:
        return False
    return prod((op.output.shape or ())[2:]) > 1
