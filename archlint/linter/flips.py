"""What would be judged otherwise at another usual batch, where the batch is assumed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from archlint.linter.judge import Found
from archlint.results.findings import FindingAtBatch, PricedOn
from archlint.results.judgement import Flip
from archlint.results.severity import Severity

__all__ = ["mark_flips", "usual_batch"]


def usual_batch(assumed: int, ranges: Iterable[tuple[int, int]]) -> int | None:
    """The greatest batch of the targets, unless it is the assumed one."""
    greatest = max((high for _, high in ranges), default=assumed)
    return greatest if greatest != assumed else None


def mark_flips(
    here: Sequence[Found], there: Sequence[Found], assumed: int, batch: int
) -> tuple[list[Found], tuple[FindingAtBatch, ...]]:
    """The findings with what changes at `batch`, and those that only `batch` brings.

    Only targets that price both batches are compared.  A verdict changes if a warning or an
    error comes, goes, or becomes the other.
    """
    verdicts = {_key(each): _by_target(each) for each in there}
    targets = {price.target for each in there for price in each.finding.prices}
    marked = []
    for each in here:
        other = verdicts.pop(_key(each), {})
        flips = tuple(
            _flip(price.target, other.get(price.target), assumed, batch)
            for price in each.finding.prices
            if price.target in targets and _is_flip(price.severity, other.get(price.target))
        )
        marked.append(replace(each, finding=replace(each.finding, flips=flips)))
    brought = tuple(
        FindingAtBatch(assumed, batch, each.finding)
        for each in there
        if _key(each) in verdicts and each.finding.severity is not Severity.NOTE
    )
    return marked, brought


def _key(found: Found) -> tuple[str, str]:
    return found.finding.code, found.decision


def _by_target(found: Found) -> Mapping[str, PricedOn]:
    return {price.target: price for price in found.finding.prices}


def _is_flip(here: Severity, other: PricedOn | None) -> bool:
    there = Severity.NOTE if other is None else other.severity
    return here is not there


def _flip(target: str, other: PricedOn | None, assumed: int, batch: int) -> Flip:
    if other is None:
        return Flip(target, assumed, batch)
    return Flip(target, assumed, batch, other.severity, other.saving_share)
