"""What there is to run: the distinct places of each finding, with the medleys of both sides."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from math import inf
from operator import or_

from archlint.commands.verify.surroundings import Side, surround
from archlint.cost.kernels.kernel import Kernel
from archlint.cost.lowering.runtime_rules import RuntimeRules
from archlint.graph.rewrite import Rewrite
from archlint.linter.check_rule import PricedPlace
from archlint.linter.judge import Found, priced_on, saving_of
from archlint.linter.pipeline import Examined
from archlint.linter.view import Priced
from archlint.measure.backend import Backend
from archlint.results.findings import Finding, Severity
from archlint.results.verification import Ratio
from archlint.rule import View
from archlint.settings.options import Options

__all__ = ["PlannedFinding", "PlannedPlace", "plan_findings"]

MB = 1_000_000


@dataclass(frozen=True, slots=True)
class PlannedPlace:
    """Places with the same kernels, `count` of them, to be run once for all.

    `weight` is how often they count: as many times as there are, less the share of their time
    that other places have counted already.  With a `reason` they cannot be run.
    """

    place: PricedPlace
    count: int
    weight: float
    now_kernels: tuple[Kernel, ...]
    now: Side
    instead: Side
    footprint: int
    reason: str


@dataclass(frozen=True, slots=True)
class PlannedFinding:
    """A finding with what is to be run of it; `left_out` counts the places like none of these.

    `predicted` is the slow-down of the places that can be run, as the finding has it for all.
    `rewrite` is that of all its places, None where they have none.
    """

    finding: Finding
    places: tuple[PlannedPlace, ...]
    left_out: int
    predicted: Ratio
    rewrite: Rewrite | None


def plan_findings(
    model: Examined, target: str, backend: Backend, severity: Severity, places: int
) -> tuple[PlannedFinding, ...]:
    """The findings of this severity and above, each with its `places` costliest places."""
    if target not in model.views:
        return ()
    return tuple(
        _planned(found, found.places[target], model.views[target], backend, places)
        for found in model.found
        if found.finding.severity.rank >= severity.rank
    )


def _planned(
    found: Found, every: Sequence[PricedPlace], priced: Priced, backend: Backend, most: int
) -> PlannedFinding:
    alike: dict[tuple[tuple[Kernel, ...], tuple[Kernel, ...]], list[PricedPlace]] = {}
    savings: dict[tuple[tuple[Kernel, ...], tuple[Kernel, ...]], float] = {}
    for saving, place in zip(saving_of(every, priced), every, strict=True):
        key = priced.view.kernels(sorted(set(place.kernels))), place.instead_kernels
        alike.setdefault(key, []).append(place)
        savings[key] = savings.get(key, 0.0) + saving
    ordered = sorted(alike.items(), key=lambda each: -savings[each[0]])[:most]
    reasons = [_refusal(*key, backend) for key, _ in ordered]
    run = [place for (_, of_these), reason in zip(ordered, reasons, strict=True)
           for place in of_these if not reason]  # fmt: skip
    weights = {
        id(place): saving / place.comparison.saving if saving else 0.0
        for place, saving in zip(run, saving_of(run, priced), strict=True)
    }
    planned = tuple(
        _planned_place(of_these, sum(weights.get(id(each), 0.0) for each in of_these), reason,
                       priced.view, backend)
        for (_, of_these), reason in zip(ordered, reasons, strict=True)
    )  # fmt: skip
    price = priced_on(run, priced, Options(min_slowdown=1.0)) if run else found.finding.prices[0]
    rewrites = [place.rewrite for place in every if place.rewrite is not None]
    return PlannedFinding(
        found.finding,
        planned,
        len(every) - sum(place.count for place in planned),
        Ratio(price.slowdown, price.slowdown_low, price.slowdown_high),
        reduce(or_, rewrites) if rewrites else None,
    )


def _planned_place(
    places: Sequence[PricedPlace], weight: float, reason: str, view: View, backend: Backend
) -> PlannedPlace:
    place = places[0]
    kernels = [placed.kernel for placed in view.lowered.kernels]
    sides = surround(kernels, place.kernels, place.instead_kernels, backend.runs)
    return PlannedPlace(
        place=place,
        count=len(places),
        weight=weight,
        now_kernels=view.kernels(sorted(set(place.kernels))),
        now=sides[0],
        instead=sides[1],
        footprint=_rotating(kernels, view.target.lowering),
        reason=reason,
    )


def _rotating(kernels: Sequence[Kernel], lowering: RuntimeRules) -> int:
    """What the model runs through, but no more than from where on none of it stays in a cache."""
    most = max(lowering.rotation, default=inf)
    return int(min(lowering.rotates(kernels), most * MB))


def _refusal(now: Sequence[Kernel], instead: Sequence[Kernel], backend: Backend) -> str:
    refused = dict.fromkeys(each.text for each in (*now, *instead) if not backend.runs(each))
    if not refused:
        return ""
    more = f" and {len(refused) - 1} more" if len(refused) > 1 else ""
    return f"{backend.provenance().runtime} does not run {next(iter(refused))}{more}"


def pairs(planned: Mapping[str, Sequence[PlannedFinding]], sessions: int) -> int:
    """How many pairs of sessions there are to run."""
    return sessions * sum(1 for _ in _running(planned))


def _running(planned: Mapping[str, Sequence[PlannedFinding]]) -> Iterator[PlannedPlace]:
    for findings in planned.values():
        for finding in findings:
            yield from (place for place in finding.places if not place.reason)
