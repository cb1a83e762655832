"""What there is to choose from at a place, as a person reads it."""

from __future__ import annotations

from archlint.report.units import milliseconds
from archlint.results.findings import FoundPlace, PricedChoice

__all__ = ["choices_told"]

_EQUAL = (0.995, 1.035)
"""FLOPs over those of now that need no word."""


def choices_told(place: FoundPlace) -> list[tuple[str, str]]:
    """Labels and lines: all choices at about the FLOPs of now, and what its time would buy."""
    told = []
    targets = dict.fromkeys(each.target for each in place.choices)
    for target in targets:
        on = f"on {target}: " if len(targets) > 1 else ""
        here = [each for each in place.choices if each.target == target]
        alike = [each for each in here if not each.at_equal_time]
        if len(alike) > 1:
            told.append(("choices", on + "; ".join(_alike(each) for each in alike)))
        told += [("or", on + _wider(each)) for each in here if each.at_equal_time]
    return told


def _alike(choice: PricedChoice) -> str:
    marks = []
    if not _EQUAL[0] <= choice.flops <= _EQUAL[1]:
        marks.append(f"{choice.flops:.2f} times the FLOPs")
    if choice.is_instead:
        marks.append("best")
    told = f"{choice.text} {milliseconds(choice.seconds)}"
    return f"{told} ({', '.join(marks)})" if marks else told


def _wider(choice: PricedChoice) -> str:
    return f"{choice.text}: {choice.flops:.2f} times the FLOPs at today's time"
