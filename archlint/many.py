"""`archlint.lint_many`: models by the thousand, over processes or machines."""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Iterable, Iterator
from concurrent.futures import BrokenExecutor, Executor, Future, ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from os import PathLike, fspath
from queue import Empty, SimpleQueue
from typing import Any, Generic, TypeVar

from archlint.api import Report, lint
from archlint.errors import ArchlintError, UsageError
from archlint.results.findings import ModelReport

__all__ = ["lint_many"]

_LOOK = 5.0  # s; without a result for so long, somebody may be stuck

Model = TypeVar("Model")

_Call = tuple[int, int]
"""The number of a model, and how often it was lost before."""

_Answer = tuple[_Call, Report]


def lint_many(
    models: Iterable[Model],
    *,
    executor: Executor | None = None,
    ordered: bool = False,
    in_flight: int = 256,
    retries: int = 2,
    **options: Any,
) -> Generator[tuple[Model, Report], None, None]:
    """Lint each model by a call of its own on an executor; models and reports as they come.

    `executor` is any of `concurrent.futures`: of processes or threads, of Dask, of Ray; None is a
    pool of processes, one a core, for as long as it lasts.  `options` are those of `lint`.
    `ordered` keeps the order of the models.  No more than `in_flight` models are taken from
    `models` before their reports are asked for: at least twice the executor's workers keep all of
    them busy.

    Each model comes out once.  What an executor loses, with a worker that was killed or a pool
    that broke, runs again up to `retries` times, the last time with nothing beside it; then
    the reason is that model's `ModelReport.error`.  A pool that broke runs nothing any more:
    one of its own with as many workers takes its place.  Raises UsageError as `lint` does.
    """
    for name, value, least in (("in_flight", in_flight, 1), ("retries", retries, 0)):
        if value < least:
            raise UsageError(f"{name}: expected {least} or more, found {value}")
    # a wrong option is wrong here, and not a million times there
    lint([], **options)
    return _Many(models, options, executor, ordered, in_flight, retries).results()


@dataclass(slots=True)
class _Task(Generic[Model]):
    """A model that is to be linted, and how often it was lost."""

    number: int
    model: Model
    losses: int = 0


class _Many(Generic[Model]):
    def __init__(
        self,
        models: Iterable[Model],
        options: dict[str, Any],
        executor: Executor | None,
        ordered: bool,
        in_flight: int,
        retries: int,
    ) -> None:
        self._coming = (_Task(number, model) for number, model in enumerate(models))
        self._options, self._pool = options, _Pool(executor)
        self._ordered, self._in_flight, self._retries = ordered, in_flight, retries
        self._done: SimpleQueue[tuple[_Call, Future[_Answer]]] = SimpleQueue()
        self._running: dict[_Call, tuple[_Task[Model], Future[_Answer]]] = {}
        self._lost: deque[_Task[Model]] = deque()
        self._waiting: dict[int, tuple[Model, Report]] = {}
        self._next = 0

    def results(self) -> Generator[tuple[Model, Report], None, None]:
        """Each model with its report; closed before its end it waits for what is running."""
        try:
            while self._fill():
                call, future = self._first_done()
                if call not in self._running:  # it was told of twice
                    continue
                task, _ = self._running.pop(call)
                report = self._report(task, future)
                if report is None:
                    self._lost.append(task)
                elif self._ordered:
                    self._waiting[task.number] = task.model, report
                    yield from self._in_order()
                else:
                    yield task.model, report
        finally:
            for _, future in self._running.values():
                future.cancel()
            self._pool.close()

    def _first_done(self) -> tuple[_Call, Future[_Answer]]:
        while True:
            try:
                return self._done.get(timeout=_LOOK)
            except Empty:
                self._pool.free()

    def _fill(self) -> bool:
        """Submit what there is room for; whether anything runs."""
        while self._has_room():
            task = self._lost.popleft() if self._lost else next(self._coming, None)
            if task is None:
                break
            # executors of Dask take equal calls for one call: none equals another
            call = task.number, task.losses
            future = self._pool.submit(_linted, task.model, self._options, call)
            self._running[call] = task, future
            future.add_done_callback(partial(self._is_done, call))
        return bool(self._running)

    def _is_done(self, call: _Call, future: Future[_Answer]) -> None:
        self._done.put((call, future))

    def _has_room(self) -> bool:
        if any(self._is_last(each) for each, _ in self._running.values()):
            return False
        if self._lost:
            # if it takes its worker along again, that must cost no other model a try
            return not (self._running and self._is_last(self._lost[0]))
        return len(self._running) + len(self._waiting) < self._in_flight

    def _is_last(self, task: _Task[Model]) -> bool:
        """Whether a task that was lost has no try after the next one."""
        return 0 < task.losses == self._retries

    def _report(self, task: _Task[Model], future: Future[_Answer]) -> Report | None:
        """What came of a task; None where it is to run again."""
        try:
            call, report = future.result()
            if call != (task.number, task.losses) or not isinstance(report, Report):
                raise RuntimeError("the executor gave what came of another call")
            return report
        except Exception as fault:  # of the executor: `_linted` raises none
            task.losses += 1
            if task.losses <= self._retries:
                return None
            times = "" if task.losses == 1 else f" {task.losses} times"
            return _failed(task.model, f"lost by its worker{times}: {_told(fault)}")

    def _in_order(self) -> Iterator[tuple[Model, Report]]:
        while self._next in self._waiting:
            yield self._waiting.pop(self._next)
            self._next += 1


class _Pool:
    """The executor that was given, or one of its own in place of none and of one that broke."""

    def __init__(self, given: Executor | None) -> None:
        self._workers: int | None = getattr(given, "_max_workers", None)
        self._executor = ProcessPoolExecutor() if given is None else given
        self._is_own = given is None

    def submit(self, *call: Any) -> Future[_Answer]:
        try:
            return self._executor.submit(*call)
        except BrokenExecutor:
            self.close()
            self._executor, self._is_own = ProcessPoolExecutor(self._workers), True
            return self._executor.submit(*call)

    def free(self) -> None:
        """Free a pool that waits for ever for the rest of an answer: whose process died in it.

        Python's own pool only looks whether all live between two whole answers.
        """
        pool = self._executor
        if not isinstance(pool, ProcessPoolExecutor):
            return
        processes = [*(pool._processes or {}).values()]
        if all(each.is_alive() for each in processes):
            return
        for each in processes:
            each.kill()
        # nobody writes any more: the pool reads an end, and breaks
        pool._result_queue._writer.close()  # type: ignore[attr-defined]

    def close(self) -> None:
        if self._is_own:
            self._executor.shutdown(cancel_futures=True)


def _linted(model: object, options: dict[str, Any], call: _Call) -> _Answer:
    """Which call this is, and the report of its model, whatever goes wrong with it."""
    try:
        return call, lint(model, **options)
    except Exception as fault:
        return call, _failed(model, _told(fault))


def _failed(model: object, why: str) -> Report:
    name = fspath(model) if isinstance(model, str | PathLike) else type(model).__qualname__
    return Report((ModelReport(name, error=why),))


def _told(fault: Exception) -> str:
    """A fault in one line."""
    if isinstance(fault, ArchlintError):
        return str(fault)
    first = str(fault).strip().partition("\n")[0]
    return f"{type(fault).__name__}: {first}" if first else type(fault).__name__
