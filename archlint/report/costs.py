"""Where the time of a model goes, and where it parts from its FLOPs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TypeVar

from archlint.report.units import decimals, percent
from archlint.results.findings import TargetReport
from archlint.results.severity import WARNING_FROM
from archlint.results.shares import BlockShare, KindShare, Sort

__all__ = ["COST_HEAD", "apart_text", "cost_tables"]

COST_HEAD = ("kernels", "time", "of time", "of FLOPs", "of memory")
"""What stands above a row of costs behind its name."""

_BLOCKS = 5
_LITTLE = 0.03  # of time, FLOPs and memory access each: not worth a line of its own

_Part = TypeVar("_Part", KindShare, BlockShare)


def apart_text(target: TargetReport) -> str:
    """Where time and FLOPs part the most: "25 % goes to group conv, for 4 % of the FLOPs".

    That is a kind of kernel or a block that has more of the time than of the FLOPs, by as much of
    the time as makes a warning.
    """
    parts: list[tuple[str, KindShare | BlockShare]] = [*_named(target.blocks)]
    parts += [(each.kind, each) for each in target.kinds]
    parts = [each for each in parts if _apart(each[1]) >= WARNING_FROM]
    if not parts:
        return "goes where the FLOPs are"
    name, most = max(parts, key=lambda each: _apart(each[1]))
    return f"{percent(most.share)} goes to {name}, for {percent(most.flops_share)} of the FLOPs"


def cost_tables(
    target: TargetReport, sort: Sort = Sort.TIME, *, whole: bool = False
) -> Iterator[tuple[str, list[tuple[str, ...]]]]:
    """The rows of kinds of kernel, and of blocks, the dearest by `sort` first.

    If not the whole, five blocks, and kinds that have hardly anything are one row.
    """
    digits = decimals(target.predicted * 1e3)
    kinds = _sorted(target.kinds, sort)
    blocks = _named(_sorted(target.blocks, sort))
    if not whole:
        kinds, blocks = _with_others(kinds), blocks[:_BLOCKS]
    tables: Sequence[tuple[str, Sequence[tuple[str, KindShare | BlockShare]]]] = (
        ("kind", [(each.kind, each) for each in kinds]),
        ("block", blocks),
    )
    for what, named in tables:
        if named:
            yield what, [(name, *_cells(each, digits)) for name, each in named]


def _apart(part: KindShare | BlockShare) -> float:
    return part.share - part.flops_share


def _named(blocks: Iterable[BlockShare]) -> list[tuple[str, BlockShare]]:
    """Blocks with the module of the first, and how many are like it."""
    return [
        (each.modules[0] + f" (x{len(each.modules)})" * (len(each.modules) > 1), each)
        for each in blocks
    ]


def _sorted(parts: Sequence[_Part], sort: Sort) -> list[_Part]:
    return sorted(parts, key=lambda each: -sort.of(each))


def _with_others(kinds: Sequence[KindShare]) -> list[KindShare]:
    little = [each for each in kinds if max(sort.of(each) for sort in Sort) < _LITTLE]
    if len(little) < 2:
        return list(kinds)
    others = KindShare(
        kind=f"{len(little)} others",
        time=sum(each.time for each in little),
        share=sum(each.share for each in little),
        count=sum(each.count for each in little),
        flops=sum(each.flops for each in little),
        flops_share=sum(each.flops_share for each in little),
        mac=sum(each.mac for each in little),
        mac_share=sum(each.mac_share for each in little),
    )
    return [*(each for each in kinds if each not in little), others]


def _cells(part: KindShare | BlockShare, digits: int) -> Iterator[str]:
    yield str(part.count)
    yield f"{part.time * 1e3:.{digits}f} ms"
    yield from map(percent, (part.share, part.flops_share, part.mac_share))
