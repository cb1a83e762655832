"""The models of a run: over the cores, or one after the other."""

from __future__ import annotations

import os
import pickle
import sys
from collections.abc import Callable, Mapping, Sequence

from archlint.limits.section import is_watched
from archlint.linter.kept import Kept
from archlint.linter.limited import seconds_for
from archlint.linter.outcome import Outcome
from archlint.linter.source import Source, name_of
from archlint.results.findings import ModelReport
from archlint.settings.options import Options

__all__ = ["Progress", "spread"]

Progress = Callable[[int, int, str], None]
"""Told the number of a model, of how many, and its name."""

_HANDFUL = 4
"""Models for each process, at least: to fork one takes as long as a small model."""


def spread(
    lint: Callable[[Source], Outcome],
    models: Sequence[Source],
    options: Options,
    jobs: int | None,
    progress: Progress | None,
    kept: Kept | None,
) -> list[Outcome]:
    """What comes of each model, in their order; `jobs` None is for as many as there are cores.

    What is `kept` is not linted again.  What is known of lines of source is one for all models,
    and Python source has processes of its own: such models come one after the other, and are
    not kept.
    """
    found: dict[int, Outcome] = {}
    begun = 0

    def begin(number: int) -> None:
        nonlocal begun
        if progress is not None:
            progress(begun, len(models), name_of(models[number]))
        begun += 1

    apart = dict.fromkeys(  # in their order
        number
        for number, each in enumerate(models)
        if isinstance(each, str) and not options.source_roots
    )
    if kept is not None:
        for number in apart:
            outcome = kept.find(name_of(models[number]))
            if outcome is not None:
                begin(number)
                found[number] = outcome
        apart = dict.fromkeys(number for number in apart if number not in found)
    count = _usual(len(apart)) if jobs is None else min(jobs, len(apart))
    if count > 1 and hasattr(os, "fork"):
        seconds = {number: seconds_for(models[number], options) for number in apart}
        found.update(_apart(lint, models, seconds, count, begin, kept))
    for number, source in enumerate(models):
        if number not in found:
            begin(number)
            found[number] = lint(source)
            if kept is not None and number in apart:
                kept.keep(name_of(source), found[number])
    if kept is not None:
        kept.close()
    return [found[number] for number in range(len(models))]


def _usual(models: int) -> int:
    """How many processes so many models are worth, where nobody says.

    None but in a program's own process: elsewhere there may be threads, which a fork loses.
    """
    if not (is_watched() and sys.platform == "linux"):
        return 1
    return min(len(os.sched_getaffinity(0)), models // _HANDFUL)


def _apart(
    lint: Callable[[Source], Outcome],
    models: Sequence[Source],
    seconds: Mapping[int, float],
    count: int,
    begin: Callable[[int], None],
    kept: Kept | None,
) -> dict[int, Outcome]:
    """What comes of the models that have limits here, but for what cannot be handed over."""
    from contextlib import closing

    from archlint.limits.workers import in_workers  # one model does not pay for it

    def work(number: int) -> bytes:
        outcome = lint(models[number])
        try:
            return pickle.dumps(outcome, pickle.HIGHEST_PROTOCOL)
        except Exception:  # the evidence of a rule may be anything: then it is found once more
            return b""

    found: dict[int, Outcome] = {}
    with closing(in_workers(work, seconds, count, begin)) as results:
        for number, result in results:
            path = name_of(models[number])
            if isinstance(result, str):
                found[number] = Outcome(ModelReport(path, error=result))
            elif result:
                outcome = found[number] = pickle.loads(result)
                if kept is not None:
                    kept.keep(path, outcome, result)
    return found
