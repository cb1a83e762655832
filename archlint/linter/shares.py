"""What each kind of kernel and each block of a model costs on a target."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

from archlint.cost.kernels.kind import Kind
from archlint.cost.lowering.lower import PlacedKernel
from archlint.graph.blocks import Blocks
from archlint.graph.pattern import pattern_of
from archlint.results.shares import BlockShare, KindShare
from archlint.rule import View

__all__ = ["block_shares", "kind_shares"]


def kind_shares(view: View, times: Mapping[int, float]) -> tuple[KindShare, ...]:
    """The kinds of the kernels that have a time, in seconds by their number; dearest first."""
    whole = _sum(view, times, times)
    parts = _parts(view, times, lambda placed: placed.kernel.kind.value)
    shares = [
        KindShare(kind, *_of(whole, _sum(view, times, numbers))) for kind, numbers in parts.items()
    ]
    return tuple(sorted(shares, key=lambda each: (-each.time, each.kind)))


def block_shares(view: View, times: Mapping[int, float]) -> tuple[BlockShare, ...]:
    """The blocks, those with the same kernels together; dearest first, none without names."""
    whole = _sum(view, times, times)
    kernels = view.lowered.kernels
    blocks = Blocks(view.main(placed).module for placed in kernels if placed.kernel.weight_bytes)
    alike: dict[object, list[tuple[str, list[int]]]] = defaultdict(list)
    parts = _parts(view, times, lambda placed: blocks.of(view.main(placed).module))
    for block, numbers in parts.items():
        if block:
            made_of = frozenset(
                Counter(
                    kernels[number].kernel
                    for number in numbers
                    if kernels[number].kernel.kind is not Kind.VIEW  # the first one may have more
                ).items()
            )
            alike[pattern_of(block), made_of].append((block, numbers))
    shares = [
        BlockShare(
            tuple(block for block, _ in each),
            *_of(whole, _sum(view, times, [one for _, numbers in each for one in numbers])),
        )
        for each in alike.values()
    ]
    return tuple(sorted(shares, key=lambda each: (-each.time, each.modules)))


class _Sum(NamedTuple):
    time: float
    flops: int
    mac: int
    kernels: int


def _parts(
    view: View, times: Mapping[int, float], name_of: Callable[[PlacedKernel], str]
) -> dict[str, list[int]]:
    parts: dict[str, list[int]] = defaultdict(list)
    for number in times:
        placed = view.lowered.kernels[number]
        if placed.repeats:  # else it is in a loop of no trips
            parts[name_of(placed)].append(number)
    return parts


def _sum(view: View, times: Mapping[int, float], numbers: Iterable[int]) -> _Sum:
    every = [(times[number], view.lowered.kernels[number]) for number in numbers]
    return _Sum(
        time=sum(seconds for seconds, _ in every),
        flops=sum(placed.kernel.flops * placed.repeats for _, placed in every),
        mac=sum(placed.kernel.mac * placed.repeats for _, placed in every),
        kernels=len(every),
    )


def _of(whole: _Sum, part: _Sum) -> tuple[float, float, int, int, float, int, float]:
    """What a share holds behind its name."""
    return (
        part.time, part.time / whole.time, part.kernels,
        part.flops, part.flops / (whole.flops or 1), part.mac, part.mac / (whole.mac or 1),
    )  # fmt: skip
