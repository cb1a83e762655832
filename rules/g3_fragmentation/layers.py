"""A region's kernels in layers by depth, and what stands around them."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass

from archlint.plugin import ACTIVATIONS, Kernel, Kind, Operator, View
from archlint.rules.g3_fragmentation.regions import Region

__all__ = ["Around", "Ends", "Layers", "Map", "ends_of", "kernels_of", "levels_of", "sort_layers"]

_BRANCHING = frozenset({"Concat", "Split", "Slice", "Pad", "Add", "Sum"})
"""Operators that fork, fit and join branches: a chain has no use for them."""

Map = tuple[int, ...]
Layers = dict[tuple[int, Kind], list[Kernel]]
"""Kernels by the level of their operator and their kind."""


@dataclass(frozen=True, slots=True)
class Ends:
    """Channels and maps at the chain's ends; `shortcut` says that something bypasses it."""

    c_in: int
    c_out: int
    in_map: Map
    out_map: Map
    shortcut: bool


def levels_of(view: View, region: Region) -> dict[int, int]:
    """By operator of the region: how many fragments the longest path up to it holds."""
    levels: dict[int, int] = {}
    for index in region.operators:
        before = (levels.get(maker, 0) for maker in view.model.before(index))
        levels[index] = max(before, default=0) + (index in region.fragments)
    return levels


def kernels_of(view: View, region: Region) -> tuple[int, ...]:
    """The numbers of the kernels whose main operator is in the region."""
    home, kernels = view.lowered.home, view.lowered.kernels
    inside = frozenset(region.operators)
    numbers = sorted({home[index] for index in region.operators if index in home})
    return tuple(number for number in numbers if kernels[number].operators[0] in inside)


def ends_of(view: View, region: Region) -> Ends | str:
    """The ends of the chain that the region could be, or why it can be none."""
    if len(region.roots) > 1:
        return "several joins read the same branches: none can become one chain"
    root = view.model.operators[region.roots[0]]
    if not region.inputs or region.inputs[-1].shape is None or root.output.shape is None:
        return "the shape of an input or result is unknown"
    source, result = region.inputs[-1].shape, root.output.shape
    if len(source) != len(result) or len(result) < 3:
        return "its input is no map"
    if root.op_type == "Concat" and root.attributes.get("axis") not in (1, 1 - len(result)):
        return "its join is not one of channels in the second dim"
    past = {tensor.name: tensor for tensor in region.inputs}
    joined = [t for index in region.joins for t in view.model.operators[index].activations]
    c_out = result[1]
    if root.op_type == "Concat":
        kept = [past[t.name].shape for t in root.activations if t.name in past]
        c_out -= sum(shape[1] for shape in kept if shape is not None)
    if c_out < 1:
        return "its join adds no channels of its own"
    shortcut = any(tensor.name in past for tensor in joined)
    return Ends(source[1], c_out, source[2:], result[2:], shortcut)


@dataclass(frozen=True, slots=True)
class Around:
    """Kernels and epilogues that stand around the convs and pools, by what a chain keeps.

    `start` runs on the input, `join` joins the shortcut, `acts` are activations by level, with
    the kernel that they would be on their own, `last` is fused behind the join; `rest` stays.
    """

    start: tuple[Kernel, ...]
    join: tuple[Kernel, ...]
    acts: dict[int, tuple[str, ...]]
    last: tuple[str, ...]
    rest: tuple[Kernel, ...]


def sort_layers(view: View, region: Region, ends: Ends) -> tuple[Layers, Around]:
    """The kernels of the region's convs and pools by layer, and what stands around them."""
    levels = levels_of(view, region)
    layers: Layers = defaultdict(list)
    acts: dict[int, Counter[tuple[str, ...]]] = defaultdict(Counter)
    start: dict[str, Kernel] = {}
    rest: list[Kernel] = []
    for number in kernels_of(view, region):
        placed = view.lowered.kernels[number]
        kernel, main = placed.kernel, view.main(placed)
        level = levels[main.index]
        if main.index in region.fragments:
            layers[level, kernel.kind].append(kernel.core)
            acts[level][kernel.epilogue] += bool(kernel.epilogue)
        elif kernel.kind is Kind.ELEMENTWISE and kernel.op in ACTIVATIONS and level:
            acts[level][(kernel.op,)] += 1
        elif kernel.kind is Kind.ELEMENTWISE and kernel.op in ACTIVATIONS:
            start[kernel.op] = kernel._replace(
                c_in=ends.c_in, c_out=ends.c_in, in_map=ends.in_map, out_map=ends.in_map
            )
        elif not _vanishes(view, main, kernel):
            rest.append(kernel)
    usual = {
        level: max(counter, key=lambda each: (counter[each], each))
        for level, counter in acts.items()
        if any(counter.values())
    }
    joining = view.lowered.of(region.roots[0])
    last = joining[0].epilogue if joining else ()
    join: tuple[Kernel, ...] = ()
    if ends.shortcut and joining:
        join, last = (_of_two(joining[0]),), ()
    return layers, Around(tuple(start.values()), join, usual, last, tuple(rest))


def _vanishes(view: View, op: Operator, kernel: Kernel) -> bool:
    """Whether a chain does without it: forks, joins, and what folds into a conv there."""
    if op.op_type in _BRANCHING:
        return len(op.activations) > 1 or kernel.kind is Kind.MOVEMENT
    return op.op_type in view.target.lowering.fold and len(op.activations) == 1


def _of_two(join: Kernel) -> Kernel:
    """The join of a shortcut and a chain."""
    if join.op != "Concat":
        return join._replace(operands=min(join.operands, 2))
    return join._replace(operands=2, c_in=max(round(join.c_out / 2), 1))
