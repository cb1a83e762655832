"""How far a measurement is: a bar on a terminal's stderr, else a line now and then."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from archlint.cli.duration import duration_text
from archlint.measure.runner import Progress
from archlint.report.escape import visible

__all__ = ["measure_progress"]

EVERY = 60.0
"""Seconds between two lines where there is no terminal."""


EARLY = 20.0
"""Seconds before which no estimate is worth to be shown."""


@contextmanager
def measure_progress(
    doing: str = "measuring",
    what: str = "rows",
    clock: Callable[[], float] = time.monotonic,
    budget: float | None = None,
) -> Iterator[Progress]:
    """A function to tell how many rows are done, of how many, and what is being measured.

    `doing` and `what` are the words for it; it ends after `budget` seconds, if there is one.
    """
    estimate = _Estimate(clock, budget)
    if not sys.stderr.isatty():
        yield _Lines(what, clock, estimate)
        return
    from archlint.cli.progress import LINE

    LINE.at(doing)
    from rich import progress as rich
    from rich.console import Console
    from rich.table import Column

    the_rest = Column(ratio=1, no_wrap=True, overflow="ellipsis")
    columns = (
        rich.TextColumn(doing),
        rich.BarColumn(bar_width=20),
        rich.MofNCompleteColumn(),
        rich.TextColumn("{task.fields[left]}", style="dim"),
        rich.TextColumn("{task.description}", markup=False, table_column=the_rest),
    )
    console = Console(stderr=True)
    LINE.end()
    with rich.Progress(*columns, console=console, transient=True, expand=True) as bar:
        task = bar.add_task("getting ready", total=None, left="")

        def tell(done: int, total: int, doing: str, share: float | None = None) -> None:
            left = estimate.left(done, total, share)
            bar.update(task, completed=done, total=total, left=left, description=visible(doing))

        yield tell


class _Lines:
    """A line to stderr at the beginning, and then where EVERY seconds have passed."""

    def __init__(self, what: str, clock: Callable[[], float], estimate: _Estimate) -> None:
        self._what, self._clock, self._next = what, clock, clock()
        self._estimate = estimate

    def __call__(self, done: int, total: int, doing: str, share: float | None = None) -> None:
        left = self._estimate.left(done, total, share)
        if self._clock() < self._next:
            return
        self._next = self._clock() + EVERY
        text = ", ".join(filter(None, (f"{done} of {total} {self._what}", left, visible(doing))))
        sys.stderr.write(f"archlint: {text}\n")
        sys.stderr.flush()


class _Estimate:
    """The time left, from what the share of the work that is done took, or of the budget."""

    def __init__(self, clock: Callable[[], float], budget: float | None) -> None:
        self._clock, self._budget = clock, budget
        self._start: float | None = None

    def left(self, done: int, total: int, share: float | None) -> str:
        """In words; `share` is that of the work, without which it is that of the rows."""
        now = self._clock()
        self._start = now if self._start is None else self._start
        spent, share = now - self._start, done / max(total, 1) if share is None else share
        most = "" if self._budget is None else f" of {duration_text(self._budget)}"
        if spent < EARLY or not share:
            return most and f"budget{most[3:]}"
        left = spent / share * (1 - share)
        if self._budget is not None:
            left = min(left, max(self._budget - spent, 0.0))
        return f"about {duration_text(left)}{most} left"
