"""What stands at a finding's costliest place and what could, in words, with a label each."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from archlint.report.choices import choices_told
from archlint.results.findings import Finding, FoundPlace

__all__ = ["change_told"]


def change_told(finding: Finding) -> list[tuple[str, str]]:
    """Now, instead, what there is to choose from, and what to do; of targets that differ each."""
    if not finding.places:
        return [("help", finding.advice)] if finding.advice else []
    first = finding.places[0].operators
    alike = [each for each in finding.places if each.operators == first]
    told = [
        *_by_target("now", alike, lambda place: place.now.text),
        *_by_target("instead", alike, lambda place: place.instead.text),
        *choices_told([choice for each in alike for choice in each.choices]),
        ("help", finding.advice),
    ]
    return [(label, text) for label, text in told if text]


def _by_target(
    label: str, places: Sequence[FoundPlace], text_of: Callable[[FoundPlace], str]
) -> Iterable[tuple[str, str]]:
    targets: dict[str, list[str]] = {}
    for place in places:
        targets.setdefault(text_of(place), []).extend(each.target for each in place.prices)
    if len(targets) == 1:
        return [(label, text) for text in targets]
    return [(label, f"on {', '.join(each)}: {text}") for text, each in targets.items()]
