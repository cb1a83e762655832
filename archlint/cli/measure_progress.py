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


@contextmanager
def measure_progress(
    doing: str = "measuring", what: str = "rows", clock: Callable[[], float] = time.monotonic
) -> Iterator[Progress]:
    """A function to tell how many rows are done, of how many, and what is being measured.

    `doing` and `what` are the words for it.
    """
    if not sys.stderr.isatty():
        yield _Lines(what, clock)
        return
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
    with rich.Progress(*columns, console=console, transient=True, expand=True) as bar:
        task = bar.add_task("", total=None, left="")
        estimate = _Estimate(clock)

        def tell(done: int, total: int, doing: str) -> None:
            left = estimate.left(done, total)
            bar.update(task, completed=done, total=total, left=left, description=visible(doing))

        yield tell


class _Lines:
    """A line to stderr at the beginning, and then where EVERY seconds have passed."""

    def __init__(self, what: str, clock: Callable[[], float]) -> None:
        self._what, self._clock, self._next = what, clock, clock()
        self._estimate = _Estimate(clock)

    def __call__(self, done: int, total: int, doing: str) -> None:
        left = self._estimate.left(done, total)
        if self._clock() < self._next:
            return
        self._next = self._clock() + EVERY
        text = ", ".join(filter(None, (f"{done} of {total} {self._what}", left, visible(doing))))
        sys.stderr.write(f"archlint: {text}\n")
        sys.stderr.flush()


class _Estimate:
    """The time left, from what the rows since the beginning took."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._start: float | None = None

    def left(self, done: int, total: int) -> str:
        if not done:
            # the reference medley comes before the first row: it is no row's time
            self._start = self._clock() if self._start is None else self._start
            return ""
        started = self._start if self._start is not None else self._clock()
        spent = self._clock() - started
        return f"about {duration_text(spent / done * (total - done))} left"
