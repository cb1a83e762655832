"""Measuring a target: batch after batch, each row kept as soon as it is there."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from math import inf
from pathlib import Path
from statistics import median
from typing import Protocol

from archlint.cost.kernels.kind import Kind
from archlint.cost.pricing.machine import Machine
from archlint.cost.pricing.table import Row
from archlint.cost.target import Target, load_target
from archlint.cost.target_files import files_of
from archlint.measure.backend import Backend
from archlint.measure.fit.drift import Reference, reference_kernels, take_baseline
from archlint.measure.fit.statistics import interval_of, quantile
from archlint.measure.plan.company import SIZE
from archlint.measure.plan.duration import cost_of
from archlint.measure.plan.experiment import Experiment
from archlint.measure.plan.plan import ROOM, Batch, Plan, Runtime, Task, make_plan
from archlint.measure.prior.prior import Prior
from archlint.measure.session import MORE_SESSIONS, BatchTimer
from archlint.measure.store import Store
from archlint.measure.target_file import TargetFile

__all__ = ["Measured", "Progress", "Request", "Stopped", "measure"]

CONVS = (Kind.CONV, Kind.GROUP_CONV, Kind.DEPTHWISE)
"""Whose batch is that of the model."""

HOW = "archlint measure"

FEWEST_SESSIONS = 3
"""Sessions of a row at the least, where the time is over before it has all."""

BRIEF = 150.0
"""Seconds of a budget of which the usual baseline would take too large a share."""

ENOUGH = 0.6
"""The share of a batch's usual time that has to be left to begin it."""

FEWER_SESSIONS = 3
"""Further sessions of a kernel that only tells a factor: its error is one of forty."""


class Progress(Protocol):
    """Is told how many rows are done, of how many, and what is being measured.

    `share` is that of the whole work that is done, where it is known.
    """

    def __call__(self, done: int, total: int, doing: str, share: float | None = None) -> None:
        """Show it."""
        ...


@dataclass(frozen=True, slots=True)
class Request:
    """What to measure: the target's name, the folder that it lies in, experiments by rule.

    It ends after `budget` seconds, give or take a session; None is no limit.  `bases`
    are targets that it can begin from (see `nearest`), in whose stead it has rows of its own once
    `whole`, all experiments that there are, is measured; with `calibrating` only what tells how
    they carry over is measured.  `old` is the folder where the target lay in the old layout, None
    where it never did.
    """

    target: str
    out: Path
    experiments: Mapping[str, Sequence[Experiment]]
    budget: float | None = None
    old: Path | None = None
    bases: Sequence[Target] = ()
    whole: bool = True
    calibrating: bool = False


@dataclass(frozen=True, slots=True)
class Measured:
    """What a run did: rows written, those of them marked, and what it left.

    `refused` counts kernels that the runtime does not run, `too_big` those that the memory
    does not hold, `left` those that the budget cut; `before` the rows that were there already.
    """

    rows: int
    marked: int
    before: int
    left: int
    refused: int
    too_big: int
    file: Path


class Stopped(KeyboardInterrupt):
    """The user interrupted a run; `measured` is what it had done until then."""

    def __init__(self, measured: Measured) -> None:
        super().__init__()
        self.measured = measured


def measure(
    request: Request,
    backend: Backend,
    *,
    finish: Callable[[Path], None],
    progress: Progress,
    clock: Callable[[], float] = time.monotonic,
) -> Measured:
    """Measure what the target's rows do not hold yet; `finish` gets its file at the end.

    Raises MeasureError where another process measures the target or its rows are those of
    something else, and Stopped on Ctrl-C.
    """
    store = Store(request.out, request.target, request.old)
    with store.locked():
        file = TargetFile(store.file, backend)
        memory, most = backend.provenance().memory, backend.most_batch()
        runtime = Runtime(file.lowering, backend.runs, memory, most)
        done = frozenset((row.rule, row.kernels) for row in store.rows() if not row.carried)
        prior = _prior(request, file, backend)
        leading = None if prior is None else prior.leading
        plan = make_plan(
            request.experiments, runtime, done, leading, leading_only=request.calibrating
        )
        run = _Run(request, backend, store, plan, progress, prior)
        try:
            try:
                run.go(file, clock)
            finally:
                run.close(file)
            if store.file.exists():
                finish(store.file)
        except KeyboardInterrupt as fault:
            raise Stopped(run.measured()) from fault
        return run.measured()


def _prior(request: Request, file: TargetFile, backend: Backend) -> Prior | None:
    if not request.bases:
        return None
    near, far = backend.caches()
    blocked = file.lowering.blocked
    machine = Machine(near, far, 1 if blocked is None else blocked.block)
    return Prior(request.bases, machine, file.lowering.rotation)


class _Run:
    def __init__(
        self,
        request: Request,
        backend: Backend,
        store: Store,
        plan: Plan,
        progress: Progress,
        prior: Prior | None,
    ) -> None:
        self._request, self._backend, self._store = request, backend, store
        self._plan, self._progress, self._prior = plan, progress, prior
        self._rows = self._marked = self._refused = 0
        self._costs = [cost_of(batch) for batch in plan.batches]
        self._spent = self._part = 0.0
        self._misses = ""

    def measured(self) -> Measured:
        return Measured(
            rows=self._rows,
            marked=self._marked,
            before=self._plan.done,
            left=self._plan.tasks - self._rows - self._refused,
            refused=self._plan.refused + self._refused,
            too_big=self._plan.too_big,
            file=self._store.file,
        )

    def go(self, file: TargetFile, clock: Callable[[], float]) -> None:
        """Time the batches until all are done or the budget is spent."""
        if not self._plan.batches:
            return
        start = clock()
        budget = inf if self._request.budget is None else self._request.budget
        reference, drift = self._reference(file)
        began, untold = clock(), 0
        for number, batch in enumerate(self._plan.batches):
            rate = (clock() - began) / self._spent if number else 0.0
            # one that does not come to its end has rows too, if it gets far enough
            if clock() - start + ENOUGH * rate * self._costs[number] > budget and number:
                break
            timer = self._timer(number, batch, reference, lambda: clock() - start > budget)
            times = timer.seconds()
            after, untold = drift, untold + len(batch.tasks)
            is_last = number == len(self._plan.batches) - 1
            if not self._request.calibrating and (untold >= SIZE or is_last):
                untold = 0
                self._tell("the reference medley")
                after = reference.drift(self._backend)
            self._refused += len(timer.refused)
            self._keep(batch, times, (drift + after) / 2)
            self._spent += self._costs[number]
            self._part = 0.0
            drift = after

    def _reference(self, file: TargetFile) -> tuple[Reference, float]:
        """The reference medley and the drift before the first batch."""
        self._tell("the reference medley")
        reference = file.reference
        tasks = [task.kernel for batch in self._plan.batches for task in batch.tasks]
        drift = 1.0
        if reference is None:
            quick = self._request.calibrating or (self._request.budget or inf) <= BRIEF
            reference = take_baseline(self._backend, reference_kernels(tasks), quick=quick)
        else:
            drift = reference.drift(self._backend)
        # of attention's products the batch is that of the heads
        sizes = [each.batch for each in tasks if each.kind in CONVS] or [1]
        file.begin(reference, (min(sizes), max(sizes)), _today())
        return reference, drift

    def _timer(
        self, number: int, batch: Batch, reference: Reference, is_over: Callable[[], bool]
    ) -> BatchTimer:
        tasks, batches = batch.tasks, len(self._plan.batches)
        others = f" and {len(tasks) - 1} more" if len(tasks) > 1 else ""

        def tell(session: int, sessions: int) -> None:
            where = f"batch {number + 1} of {batches}, session {session} of {sessions}"
            # there may be more sessions than were told of at first
            part = (session - 1) / sessions * self._costs[number]
            self._part = max(self._part, part)
            self._tell(f"{where}: {tasks[0].text}{others}")

        company = [kernel for kernel in reference.medley if not kernel.weight_bytes]
        room = ROOM * self._backend.provenance().memory
        more = FEWER_SESSIONS if self._request.calibrating else MORE_SESSIONS
        name = self._request.target
        return BatchTimer(self._backend, name, batch, company, room, tell, more, is_over)

    def _tell(self, doing: str) -> None:
        share = (self._spent + self._part) / (sum(self._costs) or 1.0)
        self._progress(
            self._rows + self._refused, self._plan.tasks, f"{self._misses}{doing}", share
        )

    def _keep(self, batch: Batch, times: Sequence[Sequence[float]], drift: float) -> None:
        rows, dtype = [], self._backend.provenance().dtype
        for task, seconds in zip(batch.tasks, times, strict=True):
            if len(seconds) < FEWEST_SESSIONS:
                continue
            rows.append(_row(task, seconds, drift, dtype))
        self._store.append(rows)
        self._rows += len(rows)
        self._marked += sum(row.marked for row in rows)
        if self._prior is not None and not self._request.calibrating:
            own = [row for row in self._store.rows() if not row.carried]
            missed = self._prior.misses(own)
            if missed is not None:
                self._misses = f"if stopped now, kernels to {missed:.0%} (median); "

    def close(self, file: TargetFile) -> None:
        """Write the counts of rows into the target's file, if there is one yet."""
        if not self._store.file.exists():
            return
        if self._prior is not None:
            self._carry(self._prior, file)
        marked = sum(row.marked for row in self._store.rows())
        file.end(self._store.count(), marked, _today())

    def _carry(self, prior: Prior, file: TargetFile) -> None:
        """Put the base's rows beside those measured, or away once all are measured."""
        own = [row for row in self._store.rows() if not row.carried]
        if self._request.whole and not self.measured().left and not self._request.calibrating:
            self._store.replace(own)
            file.put({"transfer": None})
            return
        carried = prior.carry(own, load_target(files_of(self._store.file.parent)))
        if carried is not None:
            self._store.replace(carried.rows)
            file.put(carried.sections)


def _row(task: Task, seconds: Sequence[float], drift: float, dtype: str) -> Row:
    def rounded(value: float) -> float:
        return float(f"{value:.6g}")

    return Row(
        rule=task.rule,
        kernels=task.text,
        series=task.series,
        dtype=dtype,
        batch=task.kernel.batch,
        layout="",
        sessions=len(seconds),
        median_s=rounded(median(seconds) / drift),
        p10_s=rounded(quantile(seconds, 0.1) / drift),
        p90_s=rounded(quantile(seconds, 0.9) / drift),
        interval=float(f"{interval_of(seconds):.4f}"),
        measured=_today(),
        how=HOW,
        uncorrected_s=rounded(median(seconds)),
    )


def _today() -> str:
    return date.today().isoformat()
