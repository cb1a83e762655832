"""From seconds to a verdict."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from statistics import median

from archlint.commands.verify.plan import PlannedFinding
from archlint.commands.verify.sessions import Timed
from archlint.cost.pricing.row import CLOCK
from archlint.measure.fit.statistics import bounds_of
from archlint.results.findings import Variant
from archlint.results.verification import (
    Ratio,
    Rewritten,
    Verdict,
    VerifiedFinding,
    VerifiedPlace,
)

__all__ = ["judge_finding", "judge_outputs", "slowdown_of", "verdict_of"]


def slowdown_of(now: Sequence[float], instead: Sequence[float]) -> Ratio:
    """The slow-down over pairs of sessions: the median, and its 95 % interval.

    The interval is by order statistics (see `bounds_of`): up to eight pairs from the least to
    the greatest slow-down.  A side of less than the clock tells counts as that much: a view that
    is timed at 10 ns does not make what it is compared with 500 times slower.
    """
    ratios = [max(slow, CLOCK) / max(fast, CLOCK) for slow, fast in zip(now, instead, strict=True)]
    return Ratio(median(ratios), *bounds_of(ratios))


def verdict_of(predicted: Ratio, measured: Ratio) -> Verdict:
    """What a measured slow-down makes of a predicted one.

    Where the predicted band reaches below 1, a slow-down that lies inside it and is surely
    below 1 is refuted all the same: the finding said that *instead* is faster.
    """
    if measured.high < 1:
        return Verdict.REFUTED
    return Verdict.CONFIRMED if measured.estimate >= predicted.low else Verdict.WEAKER


def judge_finding(planned: PlannedFinding, timed: Sequence[Timed]) -> VerifiedFinding:
    """The finding's slow-down over all places run, each by its weight."""
    predicted = planned.predicted
    run = [each for each in timed if not each.reason]
    measured, verdict, reason = None, Verdict.NOT_RUN, ""
    if run:
        measured = slowdown_of(
            _together([(each.planned.weight, each.now.sums) for each in run]),
            _together([(each.planned.weight, each.instead.sums) for each in run]),
        )
        verdict = verdict_of(predicted, measured)
    else:
        reason = timed[0].reason if timed else "it has no place"
    places = tuple(map(_place, timed))
    return VerifiedFinding(
        planned.finding, predicted, measured, verdict, reason, places, planned.left_out
    )


def judge_outputs(verified: VerifiedFinding, rewritten: Rewritten) -> VerifiedFinding:
    """The finding with its rewritten model, which refutes it where the outputs differ."""
    if rewritten.is_same:
        return replace(verified, rewritten=rewritten)
    return replace(verified, rewritten=rewritten, verdict=Verdict.REFUTED)


def _together(places: Sequence[tuple[float, Sequence[float]]]) -> list[float]:
    """Seconds of all places by session."""
    weights = [weight for weight, _ in places]
    return [
        sum(weight * each for weight, each in zip(weights, seconds, strict=True))
        for seconds in zip(*(by_session for _, by_session in places), strict=True)
    ]


def _place(timed: Timed) -> VerifiedPlace:
    planned, comparison = timed.planned, timed.planned.place.comparison
    now, instead = timed.now.sums, timed.instead.sums
    return VerifiedPlace(
        module=planned.place.module,
        count=planned.count,
        weight=planned.weight,
        now=Variant(planned.place.now, planned.now_kernels),
        instead=Variant(planned.place.instead, planned.place.instead_kernels),
        neighbours=len(planned.now.kernels) - len(planned.now.own),
        predicted=Ratio(comparison.slowdown, comparison.low, comparison.high),
        measured=slowdown_of(now, instead) if now else None,
        now_seconds=now,
        instead_seconds=instead,
        reason=timed.reason,
    )
