"""From places to findings: one decision, one finding, with the figures of every target."""

from __future__ import annotations

import hashlib
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import prod
from types import MappingProxyType
from typing import TypeVar

from archlint.cost.kernels.kernel import Kernel
from archlint.cost.pricer import Comparison
from archlint.cost.pricing.price import Basis
from archlint.graph.pattern import pattern_of
from archlint.linter.check_rule import PricedPlace
from archlint.linter.priced_choices import priced_choices
from archlint.linter.told import by_decision
from archlint.linter.view import Priced
from archlint.location import Location
from archlint.results.findings import Finding, FoundPlace, PricedOn, Variant
from archlint.results.judgement import Caveat, Doubt, Sizes
from archlint.results.severity import Severity, by_share
from archlint.rule import Nature, Rule
from archlint.settings.options import Options

__all__ = ["Found", "judge", "priced_on", "saving_of"]

_T = TypeVar("_T")

_NUMBER = re.compile(r"\d+")

COVERED = 0.80
"""Below this coverage a finding beside what has no price is a note."""

_BASIS_LIMIT = {
    Basis.MEASURED: Severity.ERROR,
    Basis.INTERPOLATED: Severity.ERROR,
    Basis.TRANSFERRED: Severity.WARNING,
    Basis.MODELLED: Severity.WARNING,
    Basis.INFERRED: Severity.WARNING,
    Basis.EXTRAPOLATED: Severity.NOTE,
}


@dataclass(frozen=True, slots=True)
class Found:
    """A finding with the decision and the places that it came from, by target."""

    finding: Finding
    decision: str
    places: Mapping[str, tuple[PricedPlace, ...]]


def judge(
    rule: type[Rule],
    places: Mapping[str, Sequence[PricedPlace]],
    views: Mapping[str, Priced],
    options: Options,
    locations: Mapping[int, Location] = MappingProxyType({}),
) -> list[Found]:
    """The findings of one rule, from those of its places that are told, by target.

    `locations` are those of operators, where they are known; the options say how slow a place is
    to be, and how grave an upper bound may be.
    """
    return [
        _finding(rule, str(decision), by_target, views, options, locations)
        for decision, by_target in by_decision(places, locations).items()
    ]


def _finding(
    rule: type[Rule],
    decision: str,
    by_target: Mapping[str, tuple[PricedPlace, ...]],
    views: Mapping[str, Priced],
    options: Options,
    locations: Mapping[int, Location],
) -> Found:
    prices = tuple(priced_on(each, views[target], options) for target, each in by_target.items())
    listed: dict[tuple[tuple[int, ...], str], list[tuple[str, PricedPlace]]] = defaultdict(list)
    for target, each in by_target.items():
        for place in each:
            listed[place.operators, place.instead].append((target, place))
    ordered = sorted(
        listed.values(),
        key=lambda each: -max(_saving(p, views[t]) / views[t].total.seconds for t, p in each),
    )
    costliest = ordered[0][0][1]
    there = {t: p for each in ordered for t, p in each if p.operators == costliest.operators}
    modules = {pattern_of(each[0][1].module) for each in ordered}
    finding = Finding(
        code=rule.code,
        name=rule.name,
        severity=max((price.severity for price in prices), key=lambda each: each.rank),
        message=_message(there),
        module=_shared(modules),
        count=len({operators for operators, _ in listed}),
        location=locations.get(costliest.operators[0]),
        exact=costliest.nature is Nature.EXACT,
        upper_bound=costliest.nature is Nature.UPPER_BOUND,
        # by the names that the rule goes by: lines move
        fingerprint=_fingerprint(rule.code, str(costliest.decision), ordered, views),
        prices=prices,
        places=tuple(_found_place(each, views, options, locations) for each in ordered),
        sizes=_sizes([each[0] for each in ordered], views),
        advice=_advice(there),
    )
    return Found(finding, decision, by_target)


def _message(there: Mapping[str, PricedPlace]) -> str:
    """What is found at the costliest place, and on which target where others say otherwise."""
    target, costliest = next(iter(there.items()))
    is_shared = len({place.summary for place in there.values()}) == 1
    return costliest.summary if is_shared else f"{costliest.summary} (on {target})"


def _advice(there: Mapping[str, PricedPlace]) -> str:
    """What to do at the costliest place; on each target what it asks for."""
    told: dict[str, list[str]] = defaultdict(list)
    for target, place in there.items():
        told[place.advice].append(target)
    if len(told) == 1:
        return next(iter(told))
    return "; ".join(f"on {', '.join(targets)}: {advice}" for advice, targets in told.items())


def _found_place(
    priced: Sequence[tuple[str, PricedPlace]],
    views: Mapping[str, Priced],
    options: Options,
    locations: Mapping[int, Location],
) -> FoundPlace:
    target, place = priced[0]
    operators = views[target].view.model.operators
    return FoundPlace(
        operators=tuple(operators[index].name for index in place.operators),
        module=place.module,
        location=locations.get(place.operators[0]),
        evidence=place.evidence,
        now=Variant(place.now, views[target].view.kernels(place.kernels)),
        instead=Variant(place.instead, place.instead_kernels),
        prices=tuple(priced_on((p,), views[name], options) for name, p in priced),
        choices=tuple(each for name, p in priced for each in priced_choices(p, views[name].view)),
    )


def priced_on(places: Sequence[PricedPlace], priced: Priced, options: Options) -> PricedOn:
    """What these places cost on one target together, each kernel counted once."""
    total = priced.total.seconds
    savings = saving_of(places, priced)
    saving = sum(savings)
    now = sum(_times(priced, {number for place in places for number in place.kernels}).values())
    joint = _joint(places, priced)
    # the estimate counts each kernel once; its band is that of all changes together
    slowdown, band = now / (now - saving), joint.high / joint.slowdown
    # what a place costs counts where it is slow itself, or all together are
    is_slow = len(places) > 1 and slowdown >= options.min_slowdown
    limits = [_limit(place, options, is_slow=is_slow) for place in places]
    if priced.coverage < COVERED:
        # what has no price takes time too: the share of the whole is as much smaller
        whole = by_share(saving / total * priced.coverage)
        levels = [Severity.NOTE if priced.is_in_doubt(p.kernels) else whole for p in places]
        hardly = [Caveat(each, Doubt.COVERAGE, coverage=priced.coverage) for each in levels]
        limits = [min(pair, key=_rank) for pair in zip(limits, hardly, strict=True)]
    if priced.view.model.unread:
        limits = [Caveat(Severity.NOTE, Doubt.UNKNOWN)] * len(places)
    severity = Severity.NOTE
    for level in (Severity.ERROR, Severity.WARNING):
        allowed = [
            place
            for limit, place in zip(limits, places, strict=True)
            if limit.at_most.rank >= level.rank
        ]
        if by_share(sum(saving_of(allowed, priced)) / total).rank >= level.rank:
            severity = level
            break
    return PricedOn(
        target=priced.view.target.name,
        severity=severity,
        now=now,
        instead=now - saving,
        slowdown=slowdown,
        slowdown_low=slowdown / band,
        slowdown_high=slowdown * band,
        saving=saving,
        saving_share=saving / total,
        basis=joint.basis,
        caveat=_caveat(severity, by_share(saving / total), limits, savings),
    )


def _joint(places: Sequence[PricedPlace], priced: Priced) -> Comparison:
    """The comparison of all places at once; one alone has been compared by its rule."""
    if len(places) == 1:
        return places[0].comparison
    view = priced.view
    now, instead = Counter[Kernel](), Counter[Kernel]()
    for place in places:
        repeats = view.repeats(place)
        for kernel in view.kernels(place.kernels):
            now[kernel] += repeats
        for kernel in place.instead_kernels:
            instead[kernel] += repeats
    joint = view.pricer.compare(now, instead)
    if joint is None:
        raise ValueError("a place without a price")
    return joint


def _caveat(
    severity: Severity, whole: Severity, limits: Sequence[Caveat], savings: Sequence[float]
) -> Caveat | None:
    """Why the severity is lower than the share of time alone makes it: the costliest reason."""
    if severity is whole and severity is not Severity.NOTE:
        return None
    binding: dict[Caveat, float] = defaultdict(float)
    left_out: dict[Caveat, float] = defaultdict(float)
    for limit, saved in zip(limits, savings, strict=True):
        if severity is whole and limit.reason is Doubt.UPPER_BOUND:
            continue  # it would be no graver either
        if limit.at_most is severity and severity is not Severity.ERROR:
            binding[limit] += saved
        elif limit.at_most.rank < severity.rank:
            left_out[limit] += saved
    found = binding or left_out
    if not found:
        return None
    costliest = max(found, key=lambda each: found[each])
    return replace(costliest, places=limits.count(costliest), of=len(limits))


def _rank(limit: Caveat) -> int:
    return limit.at_most.rank


def _limit(place: PricedPlace, options: Options, *, is_slow: bool) -> Caveat:
    """The lowest of what limits the severity of a place, among others that are slow or not."""
    limits = []
    least = options.min_slowdown
    if place.comparison.slowdown < least and not is_slow:
        limits.append(Caveat(Severity.NOTE, Doubt.SLOWDOWN, min_slowdown=least))
    elif place.comparison.low <= 1.0:
        limits.append(Caveat(Severity.NOTE, Doubt.UNCERTAIN))
    basis = place.comparison.basis
    limits.append(Caveat(_BASIS_LIMIT[basis], Doubt.BASIS, basis=basis))
    if place.nature is Nature.UPPER_BOUND:
        limits.append(Caveat(options.upper_bounds, Doubt.UPPER_BOUND))
    if place.limit is not None:
        limits.append(Caveat(place.limit.severity, Doubt.RULE, rule=place.limit.reason))
    return min(limits, key=_rank)


def saving_of(places: Sequence[PricedPlace], priced: Priced) -> list[float]:
    """Seconds that each place saves, where a kernel of several places counts once.

    The place that saves most takes its kernels; another one saves in proportion to the time of
    its kernels that are left.
    """
    taken: set[int] = set()
    savings = [0.0] * len(places)
    whole_savings = [_saving(place, priced) for place in places]
    for at in sorted(range(len(places)), key=lambda each: -whole_savings[each]):
        times = _times(priced, places[at].kernels)
        left = sum(time for number, time in times.items() if number not in taken)
        whole = sum(times.values())
        taken.update(times)
        savings[at] = whole_savings[at] * (left / whole if whole else 0.0)
    return savings


def _saving(place: PricedPlace, priced: Priced) -> float:
    """Seconds that a place saves by itself, as often as it runs."""
    return place.comparison.saving * priced.view.repeats(place)


def _times(priced: Priced, numbers: Iterable[int]) -> dict[int, float]:
    """Seconds of these kernels of the lowered model, as often as each runs."""
    times = priced.times
    return {number: times[number] for number in sorted(numbers) if number in times}


def _sizes(places: Sequence[tuple[str, PricedPlace]], views: Mapping[str, Priced]) -> Sizes:
    """The range of maps and widths of the places' telling kernels."""
    kernels = [
        view.lowered.kernels[view.lowered.home[place.operators[0]]].kernel
        for view, place in ((views[target].view, place) for target, place in places)
        if place.operators[0] in view.lowered.home
    ]
    maps = sorted({kernel.out_map for kernel in kernels if kernel.out_map}, key=prod, reverse=True)
    widths = sorted({kernel.c_out for kernel in kernels})
    return Sizes(_ends(maps), _ends(widths))


def _ends(ordered: Sequence[_T]) -> tuple[_T, ...]:
    return tuple(dict.fromkeys((*ordered[:1], *ordered[-1:])))


def _shared(modules: Iterable[str]) -> str:
    """The one pattern that fits all module patterns: where they differ, a `*`.

    `layer1.*` and `layer2.*` give `layer*.*`.
    """
    split = [module.split(".") for module in sorted(modules) if module]
    if not split:
        return ""
    parts = [_common(each) for each in zip(*split, strict=False)]
    if len({len(module) for module in split}) > 1 and parts[-1] != "*":
        parts.append("*")
    return ".".join(parts)


def _common(parts: Sequence[str]) -> str:
    if len(set(parts)) == 1:
        return parts[0]
    without_index = {_NUMBER.sub("*", part).rstrip("*") for part in parts}
    return f"{without_index.pop()}*" if len(without_index) == 1 else "*"


def _fingerprint(
    code: str,
    decision: str,
    places: Sequence[Sequence[tuple[str, PricedPlace]]],
    views: Mapping[str, Priced],
) -> str:
    """Sixteen hex digits from what the finding is: rule, decision, kernels in their order."""
    firsts = sorted((each[0] for each in places), key=lambda each: each[1].operators)
    kernels = [
        "|".join(map(_shape_of, views[target].view.kernels(place.kernels)))
        for target, place in firsts
    ]
    return hashlib.sha256("\n".join([code, decision, *kernels]).encode()).hexdigest()[:16]


def _shape_of(kernel: Kernel) -> str:
    return kernel.title.replace(f" b{kernel.batch}", "")
