"""The chain that a region could be: as deep, with its FLOPs, in its widths and one wide."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from math import inf, prod

from archlint.plugin import Kernel, Kind, View, apart, width_step
from archlint.rules.g3_fragmentation.layers import Around, Ends, Layers, Map, ends_of, sort_layers
from archlint.rules.g3_fragmentation.regions import Region

__all__ = ["Chain", "find_chain"]

FLOPS_FROM, FLOPS_TO = 1.00, 1.03
"""The chain has at least the FLOPs of the region, and at most this factor of them."""

_ORDER = (Kind.POOL, Kind.DEPTHWISE, Kind.GROUP_CONV, Kind.CONV)
"""What a chain has for the fragments of one level, in this order."""

_SKEWS = (0, 1, -1, 2, -2, 3, -3)
"""Steps by which the first inner width may differ from the others, if equal ones don't fit."""

_STEPS = (1, 2, 4)
"""Times the least step that the target runs fast: coarser widths may run faster still."""

_WIDENING = (Kind.GROUP_CONV, Kind.CONV)


@dataclass(frozen=True, slots=True)
class Chain:
    """The kernels of the chain, of them those of convs and pools, and the widths inside."""

    kernels: tuple[Kernel, ...]
    fragments: int
    widths: tuple[int, ...]


def find_chain(view: View, region: Region, work: float = 1.0) -> Chain | str:
    """The chain with so many times the FLOPs of the region, or why there is none.

    Each level's kernels of one kind become one, with the window that most of their FLOPs have;
    the widths inside are equal, or as near to it as fits, and such that the FLOPs of all convs
    and pools together are as many; in the steps in which the chain is fastest.  Where
    the region is too shallow to have an inner width, or none fits, one conv is there twice, the
    heaviest if possible.
    """
    ends = ends_of(view, region)
    if isinstance(ends, str):
        return ends
    layers, around = sort_layers(view, region, ends)
    links = _links(layers, ends)
    if isinstance(links, str):
        return links
    flops = round(work * sum(kernel.flops for layer in layers.values() for kernel in layer))
    step = width_step(view.pricer, (link.kernel for link in links))
    chains = []
    for times in _STEPS:
        for each in (links, *_deepened(links)):
            widths = _fitting(each, ends, flops, times * step)
            if widths is not None:
                made = _with_epilogues(view, _at(each, ends, widths), around, each)
                kernels = (*around.start, *made, *around.join, *around.rest)
                chains.append(Chain(kernels, len(each), widths))
                break
    if not chains:
        return "no aligned widths give a chain of equal FLOPs"
    view.pricer.learn(kernel for each in chains for kernel in each.kernels)
    return min(chains, key=lambda each: view.pricer.seconds(each.kernels) or inf)


@dataclass(frozen=True, slots=True)
class _Link:
    """One kernel of the chain, but for its widths; `level` is that of its last fragment."""

    level: int
    kernel: Kernel
    ends_level: bool


def _links(layers: Layers, ends: Ends) -> tuple[_Link, ...] | str:
    """One kernel for each layer, on the input's map until one leads to the result's."""
    if any(kind not in _ORDER for _, kind in layers):
        return "it holds transposed convs, which no table measures"
    links: list[_Link] = []
    current = ends.in_map
    ordered = sorted(layers, key=lambda key: (key[0], _ORDER.index(key[1])))
    for place, key in enumerate(ordered):
        maps = [_nearest(kernel.out_map, ends) for kernel in layers[key]]
        if None in maps:
            return f"its branches run on maps of different sizes, {_sizes(layers)}"
        kernel = _template(layers[key])
        goes = current != ends.out_map and 2 * maps.count(ends.out_map) >= len(maps)
        after = ends.out_map if goes else current
        strides = max(each.strides for each in layers[key]) if goes else (1,) * len(current)
        if kernel.kind is Kind.POOL and prod(kernel.window) == 1 and not goes:
            continue
        following = ordered[place + 1][0] if place + 1 < len(ordered) else None
        kernel = kernel._replace(in_map=current, out_map=after, strides=strides)
        links.append(_Link(key[0], kernel, following != key[0]))
        current = after
    if current != ends.out_map:
        return "no level of it leads to the map of its result"
    return tuple(links)


def _nearest(sizes: Map, ends: Ends) -> Map | None:
    """The map of an end that this one is, but for a border that is cropped or padded."""
    for end in (ends.out_map, ends.in_map):
        if len(end) == len(sizes) and all(
            abs(left - right) <= 1 for left, right in zip(end, sizes, strict=True)
        ):
            return end
    return None


def _sizes(layers: Layers) -> str:
    maps = {kernel.out_map for layer in layers.values() for kernel in layer}
    return ", ".join("x".join(map(str, each)) for each in sorted(maps, reverse=True))


def _template(kernels: Sequence[Kernel]) -> Kernel:
    """The kernel whose window has the most FLOPs of all."""
    by_window: Counter[tuple[Map, int]] = Counter()
    for kernel in kernels:
        by_window[kernel.window, _groups(kernel)] += kernel.flops
    window, groups = max(by_window, key=lambda each: (by_window[each], each))
    return next(k for k in kernels if (k.window, _groups(k)) == (window, groups))


def _groups(kernel: Kernel) -> int:
    return kernel.groups if kernel.kind is Kind.GROUP_CONV else 1


def _deepened(links: Sequence[_Link]) -> Iterator[tuple[_Link, ...]]:
    """The chain with one conv twice, the heaviest first; the second one keeps the map."""
    convs = [place for place, link in enumerate(links) if link.kernel.kind in _WIDENING]
    for place in sorted(convs, key=lambda each: (-_weight(links[each].kernel), each)):
        kernel = links[place].kernel
        again = kernel._replace(in_map=kernel.out_map, strides=(1,) * len(kernel.out_map))
        second = replace(links[place], kernel=again)
        yield (*links[: place + 1], second, *links[place + 1 :])


def _weight(kernel: Kernel) -> int:
    return prod(kernel.window) * prod(kernel.out_map)


def _fitting(links: Sequence[_Link], ends: Ends, flops: int, step: int) -> tuple[int, ...] | None:
    """Inner widths at which the chain has these FLOPs: the narrowest of such steps."""
    inner = sum(link.kernel.kind in _WIDENING for link in links) - 1
    if inner < 1:
        fixed = inner == 0 or ends.c_in == ends.c_out
        return () if fixed and _fits(links, ends, (), flops) else None
    units = [_unit(link.kernel) for link in links]
    for skew in _SKEWS if inner > 1 else (0,):
        low, high = inner, inner << 16  # no layer is wider, in steps
        while low < high:
            middle = (low + high) // 2
            if _flops(units, ends, _widths(middle, inner, step, skew)) < FLOPS_FROM * flops:
                low = middle + 1
            else:
                high = middle
        widths = _widths(high, inner, step, skew)
        if max(widths) <= 2 * min(widths) and _fits(links, ends, widths, flops):
            return widths
    return None


def _fits(links: Sequence[_Link], ends: Ends, widths: tuple[int, ...], flops: int) -> bool:
    kernels = _at(links, ends, widths)
    if any(kernel.c_in % kernel.groups or kernel.c_out % kernel.groups for kernel in kernels):
        return False
    return FLOPS_FROM * flops <= sum(kernel.flops for kernel in kernels) <= FLOPS_TO * flops


def _widths(total: int, inner: int, step: int, skew: int) -> tuple[int, ...]:
    """`total` steps over the inner widths, as equal as can be, and `skew` more for the first."""
    each, more = divmod(total, inner)
    steps = [each] * (inner - more) + [each + 1] * more
    steps[0] = max(steps[0] + skew, 1)
    return tuple(count * step for count in steps)


def _unit(kernel: Kernel) -> tuple[int, int]:
    """FLOPs for each input channel of a group and output channel, and the groups.

    For each channel, and 0, where the width stays.
    """
    if kernel.kind not in _WIDENING:
        return kernel.with_widths(1, 1).flops, 0
    return kernel.with_widths(kernel.groups, 1).flops, kernel.groups


def _flops(units: Sequence[tuple[int, int]], ends: Ends, widths: tuple[int, ...]) -> int:
    """The FLOPs of `_at` without its kernels: the search asks for those of many widths."""
    total, width, following = 0, ends.c_in, iter((*widths, ends.c_out))
    for unit, groups in units:
        if groups:
            after = next(following)
            total += unit * (width // groups) * after
            width = after
        else:
            total += unit * width
    return total


def _at(links: Sequence[_Link], ends: Ends, widths: tuple[int, ...]) -> tuple[Kernel, ...]:
    """The chain's kernels at these inner widths."""
    width, following = ends.c_in, iter((*widths, ends.c_out))
    made = []
    for link in links:
        after = next(following) if link.kernel.kind in _WIDENING else width
        made.append(link.kernel.with_widths(width, after))
        width = after
    return tuple(made)


def _with_epilogues(
    view: View, kernels: Sequence[Kernel], around: Around, links: Sequence[_Link]
) -> Iterator[Kernel]:
    """The kernels with each level's activation, fused where the target fuses it."""
    for number, (kernel, link) in enumerate(zip(kernels, links, strict=True)):
        acts = around.acts.get(link.level, ()) if link.ends_level else ()
        if number == len(kernels) - 1:
            acts += around.last
        # what is added there was a branch
        acts = tuple(act for act in acts if act != "Add")
        yield from apart(kernel._replace(epilogue=acts), view.target.lowering)
