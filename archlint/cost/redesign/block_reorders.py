"""The reorders around a block's kernels, now and where these run on blocked tensors instead."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from archlint.cost.kernels.kernel import Kernel
from archlint.cost.kernels.kind import Kind
from archlint.cost.lowering.lower import Lowered
from archlint.cost.lowering.passes.blocked import BLOCKED
from archlint.graph.model import Model

__all__ = ["NO_REORDERS", "Reorders", "find_reorders"]

_CONVS = frozenset({Kind.CONV, Kind.GROUP_CONV, Kind.DEPTHWISE})
_MAP_DIMS = 2


@dataclass(frozen=True, slots=True)
class _Side:
    """A side of a plain conv where plain kernels stand: their places, -1 outside the block."""

    place: int
    is_input: bool
    others: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Reorders:
    """Which reorders of a block go with the kernel that forces them, and which would come.

    `forced` maps the number of a reorder kernel to the place of the one that forces it.
    """

    forced: Mapping[int, int]
    sides: tuple[_Side, ...]

    def gone(self, freed: Collection[int]) -> frozenset[int]:
        """The numbers of the reorders that go where the kernels `freed` are plain no more."""
        return frozenset(number for number, place in self.forced.items() if place in freed)

    def new(self, freed: Collection[int], made: Mapping[int, Kernel]) -> Iterator[Kernel]:
        """The reorders that come, between such a kernel and one that stays plain."""
        for side in self.sides:
            kernel = made.get(side.place)
            if kernel is None or side.place not in freed or set(side.others) <= set(freed):
                continue
            if side.is_input and kernel.path != BLOCKED:
                continue  # a stem reads the plain tensor
            name = "ReorderInput" if side.is_input else "ReorderOutput"
            width = kernel.c_in if side.is_input else kernel.c_out
            sizes = kernel.in_map if side.is_input else kernel.out_map
            yield Kernel(
                Kind.MOVEMENT, name, width, width, sizes, sizes, kernel.batch,
                itemsize=kernel.itemsize, rotation=kernel.rotation,
            )  # fmt: skip


NO_REORDERS = Reorders({}, ())


def find_reorders(model: Model, lowered: Lowered, numbers: Sequence[int]) -> Reorders:
    """The reorders that the kernels of these numbers force."""
    places = {number: place for place, number in enumerate(numbers)}
    forced: dict[int, int] = {}
    sides = []
    for number, place in places.items():
        placed = lowered.kernels[number]
        before: set[str] = set()
        for index in placed.operators:
            for each in lowered.reorders.get(index, ()):
                forced[each] = place
                before.add(lowered.kernels[each].kernel.op)
        kernel = placed.kernel
        if kernel.kind not in _CONVS or kernel.path or len(kernel.in_map) != _MAP_DIMS:
            continue
        members = set(placed.operators)
        makers = model.before(placed.operators[0])
        readers = {each for index in members for each in model.after(index)} - members
        for name, is_input, around in (
            ("ReorderOutput", True, makers),
            ("ReorderInput", False, readers),
        ):
            if name not in before:
                others = {places.get(lowered.home.get(each, -1), -1) for each in around}
                sides.append(_Side(place, is_input, tuple(sorted(others)) or (-1,)))
    return Reorders(forced, tuple(sides))
