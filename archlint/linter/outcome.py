"""What a run keeps of one model."""

from __future__ import annotations

from dataclasses import dataclass

from archlint.results.findings import ModelReport

__all__ = ["Outcome"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """The report of a model, and what it adds to that of the run: see `Report`.

    `ignores` are the numbers of the configured ignores that it has a use for.
    """

    report: ModelReport
    problems: tuple[str, ...] = ()
    stale: tuple[str, ...] = ()
    traces: tuple[str, ...] = ()
    ignores: frozenset[int] = frozenset()
