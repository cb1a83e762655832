"""What there is to choose from at a place, as a person reads it."""

from __future__ import annotations

from collections.abc import Sequence

from archlint.report.units import milliseconds
from archlint.results.findings import PricedChoice

__all__ = ["choices_told"]

_EQUAL = (0.995, 1.035)
"""FLOPs over those of now that need no word."""

_ALIKE = 1.005
"""Times that a reader takes for one."""


def choices_told(choices: Sequence[PricedChoice]) -> list[tuple[str, str]]:
    """Labels and lines: all choices at about the FLOPs of now, and what its time would buy."""
    told = []
    targets = dict.fromkeys(each.target for each in choices)
    for target in targets:
        on = f"on {target}: " if len(targets) > 1 else ""
        here = [each for each in choices if each.target == target]
        alike = [each for each in here if not each.at_equal_time]
        if len(alike) > 1:
            told.append(("choices", on + "; ".join(_alike(each, alike) for each in alike)))
        told += [("or", on + _wider(each)) for each in here if each.at_equal_time]
    return told


def _alike(choice: PricedChoice, among: Sequence[PricedChoice]) -> str:
    """With its time; what is proposed is the fastest for its FLOPs, or hardly slower than it."""
    marks = []
    if not _EQUAL[0] <= choice.flops <= _EQUAL[1]:
        marks.append(f"{choice.flops:.2f} times the FLOPs")
    if choice.is_instead:
        is_fastest = _for_flops(choice) <= _ALIKE * min(map(_for_flops, among))
        marks.append("best" if is_fastest else "as good within the band")
    told = f"{choice.text} {milliseconds(choice.seconds)}"
    return f"{told} ({', '.join(marks)})" if marks else told


def _for_flops(choice: PricedChoice) -> float:
    """Seconds, for as long as it would take with the FLOPs of now where it has fewer."""
    return choice.seconds / min(choice.flops, 1.0)


def _wider(choice: PricedChoice) -> str:
    return f"{choice.text}: {choice.flops:.2f} times the FLOPs at today's time"
