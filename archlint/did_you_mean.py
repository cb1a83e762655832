"""The nearest known word to a mistyped one."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

__all__ = ["did_you_mean"]

_NEAR = 0.65
"""The share of letters in common from which on a word is near."""

_LONG_ENOUGH = 3
"""From how many letters on the beginning of a word is enough."""


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """` (did you mean "X"?)`, or nothing where no known word is near; the case doesn't matter."""
    by_lower = {each.lower(): each for each in known}
    low = word.lower()
    near = get_close_matches(low, by_lower, n=1, cutoff=_NEAR)
    if not near and len(low) >= _LONG_ENOUGH:
        near = [each for each in by_lower if each.startswith(low)]
    return f' (did you mean "{by_lower[near[0]]}"?)' if near else ""
