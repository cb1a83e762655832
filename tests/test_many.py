from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import closing
from itertools import islice
from pathlib import Path
from threading import Event
from typing import Any

import onnx
import pytest

import archlint

ROOT = Path(__file__).parents[1]
SMALL = str(ROOT / "tests/cases/act_elu.onnx")
MODELS = [SMALL, str(ROOT / "tests/cases/fold_clip.onnx"), "absent.onnx"]


class Deadly:
    """A model that takes the process along that lints it, so many times."""

    def __init__(self, notes: Path, times: int) -> None:
        self._notes, self._times, self._pid = notes, times, os.getpid()

    def __fspath__(self) -> str:
        if os.getpid() != self._pid and self.deaths < self._times:
            (self._notes / str(self.deaths)).touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return SMALL

    @property
    def deaths(self) -> int:
        return len([*self._notes.iterdir()])


class Losing(Executor):
    """Runs calls one by one, and loses some models."""

    def __init__(self, *lost: int) -> None:
        self._lost = lost
        self.calls: list[Any] = []

    def submit(self, function: Any, /, *args: Any, **_: Any) -> Future[Any]:
        future: Future[Any] = Future()
        self.calls.append(args[-1])
        if args[-1][0] in self._lost:
            future.set_exception(ConnectionError("the worker is gone\nand more"))
        else:
            future.set_result(function(*args))
        return future


def test_every_executor_brings_what_lint_says_of_each_model() -> None:
    expected = [(each, archlint.lint(each, batch=2)) for each in MODELS]
    with ThreadPoolExecutor(3) as threads, ProcessPoolExecutor(2) as processes:
        for executor in (None, threads, processes):
            came = [*archlint.lint_many(MODELS, executor=executor, ordered=True, batch=2)]
            assert came == expected


def test_protos_and_what_is_no_model_have_their_reports_too() -> None:
    reports = [report for _, report in archlint.lint_many([onnx.load(SMALL), 3], executor=Losing())]
    assert [each.models[0].path for each in reports] == ["<model>", "int"]
    assert [len(each.errors) for each in reports] == [0, 1]


def test_no_more_models_are_taken_than_may_be_in_flight() -> None:
    taken = []

    def endless() -> Iterator[str]:
        while True:
            taken.append(SMALL)
            yield SMALL

    for ordered in (False, True):
        taken.clear()
        with ThreadPoolExecutor(2) as threads:
            results = archlint.lint_many(endless(), executor=threads, in_flight=5, ordered=ordered)
            with closing(results):
                assert len([*islice(results, 3)]) == 3
                # the three that came out, and those in flight
                assert len(taken) <= 3 + 5


class Waiting:
    """A model that takes until it is told to go on."""

    def __init__(self) -> None:
        self.goes_on = Event()

    def __fspath__(self) -> str:
        assert self.goes_on.wait(60)
        return SMALL


def test_results_come_as_they_are_done() -> None:
    late = Waiting()
    with ThreadPoolExecutor(2) as threads:
        results = archlint.lint_many([late, SMALL], executor=threads)
        assert next(results)[0] == SMALL
        late.goes_on.set()
        assert next(results)[0] is late


def test_or_they_come_in_the_order_of_the_models() -> None:
    late = Waiting()

    class Hurrying(Waiting):
        """Lets the other one go on."""

        def __fspath__(self) -> str:
            late.goes_on.set()
            return SMALL

    models = [late, SMALL, Hurrying()]
    with ThreadPoolExecutor(2) as threads:
        results = archlint.lint_many(models, executor=threads, ordered=True)
        assert [model for model, _ in results] == models


def test_what_is_lost_again_and_again_has_an_error_of_its_own() -> None:
    executor = Losing(1)
    reports = dict(archlint.lint_many(MODELS, executor=executor, retries=2))
    why = "lost by its worker 3 times: ConnectionError: the worker is gone"
    assert reports.pop(MODELS[1]).errors == (f"{MODELS[1]}: {why}",)
    assert len(reports) == 2
    assert sorted(executor.calls) == [(0, 0), (1, 0), (1, 1), (1, 2), (2, 0)]
    (report,) = (each for _, each in archlint.lint_many([SMALL], executor=Losing(0), retries=0))
    assert report.models[0].error == "lost by its worker: ConnectionError: the worker is gone"


class ToldTwice(Future[Any]):
    """Says that it is done once more."""

    def add_done_callback(self, fn: Callable[[Future[Any]], object]) -> None:
        super().add_done_callback(fn)
        super().add_done_callback(fn)


class Lying(Executor):
    """Gives something else than what came of a call, or says that it is done once more."""

    def __init__(self, lie: str) -> None:
        self._lie = lie
        self._first: Future[Any] | None = None

    def submit(self, function: Any, /, *args: Any, **_: Any) -> Future[Any]:
        if self._lie == "the first" and self._first is not None:
            return self._first
        future = ToldTwice() if self._lie == "twice" else Future[Any]()
        future.set_running_or_notify_cancel()
        answers = {"nothing": None, "text": "no report", "bare": archlint.lint(SMALL)}
        self._first = self._first or future
        future.set_result(answers[self._lie] if self._lie in answers else function(*args))
        return future


@pytest.mark.parametrize("lie", ["nothing", "text", "bare", "the first", "twice"])
def test_what_an_executor_makes_up_is_no_report(lie: str) -> None:
    came = [*archlint.lint_many(MODELS[:2], executor=Lying(lie), retries=1)]
    assert sorted(model for model, _ in came) == sorted(MODELS[:2])
    lost = [error for _, report in came for error in report.errors]
    assert len(lost) == {"the first": 1, "twice": 0}.get(lie, 2)
    assert all("lost by its worker 2 times: " in each for each in lost)


@pytest.mark.parametrize("own", [True, False])
def test_a_killed_process_costs_no_model(tmp_path: Path, own: bool) -> None:
    deadly = Deadly(tmp_path, 1)
    models = [*MODELS, deadly, *MODELS]
    executor = None if own else ProcessPoolExecutor(2)
    came = [*archlint.lint_many(models, executor=executor)]
    assert deadly.deaths == 1
    assert sorted(map(id, models)) == sorted(id(model) for model, _ in came)
    assert {error for _, report in came for error in report.errors} == {"absent.onnx: no such file"}


def test_a_model_that_kills_every_process_costs_no_other_one(tmp_path: Path) -> None:
    deadly = Deadly(tmp_path, 99)
    models = [*MODELS[:2], deadly, *MODELS[:2], *MODELS[:2]]
    came = [*archlint.lint_many(models, executor=ProcessPoolExecutor(2))]
    assert deadly.deaths == 3
    assert len(came) == len(models)
    (lost,) = (report for model, report in came if model is deadly)
    assert "lost by its worker 3 times: BrokenProcessPool" in str(lost.models[0].error)
    assert not any(report.errors for model, report in came if model is not deadly)


def test_a_wrong_option_raises_before_any_model_is_taken() -> None:
    models = iter(MODELS)
    with pytest.raises(archlint.UsageError, match="R99"):
        archlint.lint_many(models, select=["R99"])
    with pytest.raises(archlint.UsageError, match="in_flight: expected 1 or more, found 0"):
        archlint.lint_many(models, in_flight=0)
    with pytest.raises(TypeError, match="batches"):
        archlint.lint_many(models, batches=3)
    assert next(models) == MODELS[0]
