"""The predicted time of each line of source: of all operators that it leads to."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from archlint.linter import Examined
from archlint.location import Certainty, Location
from archlint.results.findings import OperatorTime

__all__ = ["LineTime", "line_times"]


@dataclass(frozen=True, slots=True)
class LineTime:
    """What one line of source costs in one model on one target, in seconds.

    `operators` are what it makes, or what the calls on it lead to.
    """

    model: str
    target: str
    time: float
    share: float
    operators: tuple[OperatorTime, ...]


def line_times(examined: Iterable[Examined]) -> Mapping[tuple[str, int], tuple[LineTime, ...]]:
    """By path and line, the times of each model on each target, in their order.

    An operator counts at the line that makes its layer and at each call that leads there, once.
    One whose line is not known for sure counts nowhere.
    """
    found: dict[tuple[str, int], list[LineTime]] = defaultdict(list)
    for each in examined:
        for target in each.report.targets:
            view = each.views[target.target].view
            named = {op.name: op.index for op in view.model.operators}
            here: dict[tuple[str, int], list[OperatorTime]] = defaultdict(list)
            for operator in target.operators:
                for line in _lines(each.locations.get(named[operator.name])):
                    here[line].append(operator)
            for line, its in here.items():
                time, share = sum(op.time for op in its), sum(op.share for op in its)
                found[line].append(
                    LineTime(each.report.path, target.target, time, share, tuple(its))
                )
    return {line: tuple(times) for line, times in found.items()}


def _lines(location: Location | None) -> set[tuple[str, int]]:
    if location is None or location.certainty is not Certainty.EXACT:
        return set()
    spans = (location.span, *(call.span for call in location.chain))
    return {(span.path, span.line) for span in spans}
