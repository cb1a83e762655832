"""Stages whose group convs keep their width: it is one number, however many tensors have it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from math import prod

from archlint.plugin import Kind, View

__all__ = ["Stage", "stages_of_one_width"]

_MIXING = (Kind.CONV, Kind.GROUP_CONV, Kind.PRODUCT)


@dataclass(frozen=True, slots=True)
class Stage:
    """The width groups that share one width, and the group convs that read or write one."""

    widths: tuple[int, ...]
    grouped: tuple[int, ...]


def stages_of_one_width(view: View, grouped: set[int]) -> Iterator[Stage]:
    """The stages of these group convs, where their widths can be chosen.

    Group convs that follow each other make a stage, and so do those whose results other layers
    bring to one and the same tensor, as in RegNet's blocks.
    """
    ends = {index: _ends(view, index) for index in sorted(grouped)}
    parts: dict[int, set[int]] = {}
    for before, after in ends.values():
        if view.widths.width.get(before) != view.widths.width.get(after):
            continue
        whole = {before, after}.union(*(parts.get(each, ()) for each in (before, after)))
        parts |= dict.fromkeys(whole, whole)
    together: dict[tuple[int | None, frozenset[int]], set[int]] = defaultdict(set)
    for each in {id(part): part for part in parts.values()}.values():
        beyond = _beyond(view, each)
        key = beyond if len(beyond) == 1 else frozenset(each)
        together[view.widths.width.get(min(each)), key] |= each
    taken: set[int] = set()
    for widths in together.values():
        free = tuple(sorted(each for each in widths if each not in view.widths.pinned))
        own = tuple(
            index for index, both in ends.items() if index not in taken and widths & set(both)
        )
        if free and own:
            taken.update(own)
            yield Stage(free, own)


def _ends(view: View, index: int) -> tuple[int, int]:
    op = view.model.operators[index]
    return view.widths.group[op.activations[0].name], view.widths.group[op.output.name]


def _beyond(view: View, part: set[int]) -> frozenset[int]:
    """The width groups that layers lead to from these ones, squeeze-excite left aside."""
    home, kernels = view.lowered.home, view.lowered.kernels
    found = set()
    for width in part:
        for index in view.widths.readers.get(width, ()):
            if index not in home or kernels[home[index]].operators[0] != index:
                continue
            kernel = kernels[home[index]].kernel
            if kernel.kind in _MIXING and prod(kernel.out_map) > 1:
                found.add(view.widths.group[view.model.operators[index].output.name])
    return frozenset(found - part)
