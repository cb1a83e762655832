"""Clocks: how long each step of a pass takes, on the host, on a GPU's stream, in a CUDA graph.

Every clock can run a pass plain, with nothing between the steps, and stamped, with a time
taken after each step.  Stamping has a cost, on GPUs of the order of a small kernel; as nothing
but the stamps differs, the cost of one is the difference of the two passes' totals by the
number of steps, and `time_steps` takes it off.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from itertools import pairwise
from math import ceil
from time import perf_counter, perf_counter_ns
from typing import Any

import numpy as np

__all__ = ["Clock", "EventClock", "GraphClock", "HostClock", "time_passes", "time_steps"]

Step = Callable[[], object]

WARM_UP = 2
PASSES = 7, 200
"""At least and at most this many passes of each sort ..."""
SECONDS = 0.25
"""... for about so long."""
KEPT = 0.6
"""The share of passes whose mean is taken, the middle ones: events count in steps of 0.5 us."""
LEAST = 0.05
"""A step takes at least this share of what the clock saw."""


class Clock(ABC):
    """Runs the same steps again and again and says how long they took, in seconds."""

    @abstractmethod
    def plain(self) -> float:
        """One pass with no time taken between the steps."""

    @abstractmethod
    def stamped(self) -> list[float]:
        """One pass, step by step; the sum is the whole pass."""


class HostClock(Clock):
    """The host's own clock: what a CPU computes, or what dispatching to a GPU costs.

    `settle` runs before and after every pass, untimed: it waits for a GPU.
    """

    def __init__(self, steps: Sequence[Step], settle: Callable[[], None] | None = None) -> None:
        self._steps, self._settle = steps, settle or _nothing

    def plain(self) -> float:
        """One pass with no time taken between the steps."""
        self._settle()
        start = perf_counter_ns()
        for step in self._steps:
            step()
        seconds = (perf_counter_ns() - start) / 1e9
        self._settle()
        return seconds

    def stamped(self) -> list[float]:
        """One pass, step by step."""
        self._settle()
        now = perf_counter_ns
        stamps = [now()]
        stamp = stamps.append
        for step in self._steps:
            step()
            stamp(now())
        self._settle()
        return [(end - start) / 1e9 for start, end in pairwise(stamps)]


class EventClock(Clock):
    """CUDA events on the stream: what the GPU computes, without the gaps of dispatching.

    The steps are enqueued behind `hold`, work that keeps the GPU busy (and clears its cache) for
    longer than `dispatch` seconds, so that it never waits for the host.  `hold_seconds` is how
    long one call of it keeps the GPU.
    """

    def __init__(
        self, steps: Sequence[Step], cuda: Any, hold: Step, hold_seconds: float, dispatch: float
    ) -> None:
        self._steps, self._cuda, self._hold = steps, cuda, hold
        self._holds = max(ceil(2 * dispatch / hold_seconds), 1)

    def plain(self) -> float:
        """One pass with no time taken between the steps."""
        return sum(self._pass(stamp=False))

    def stamped(self) -> list[float]:
        """One pass, step by step."""
        return self._pass(stamp=True)

    def _pass(self, *, stamp: bool) -> list[float]:
        steps = self._steps
        events = _events(self._cuda, len(steps) + 1 if stamp else 2)
        for _ in range(self._holds):
            self._hold()
        events[0].record()
        for at, step in enumerate(steps):
            step()
            if stamp:
                events[at + 1].record()
        if not stamp:
            events[1].record()
        self._cuda.synchronize()
        return _between(events)


class GraphClock(Clock):
    """The replay of a CUDA graph of the steps, with events that are nodes of the graph.

    Events recorded into a graph can be read after a replay if they are external (CUDA's
    cudaEventRecordExternal, torch 2.8 on).  Two graphs are captured: one with an event after each
    step, one with the first and the last event only.  `flush` clears the cache before a replay,
    and keeps the GPU busy while the graph is launched.
    """

    def __init__(self, steps: Sequence[Step], cuda: Any, flush: Step) -> None:
        self._cuda, self._flush = cuda, flush
        _warm_up_aside(steps, cuda)
        self._graphs = {stamp: self._capture(steps, stamp) for stamp in (False, True)}

    def plain(self) -> float:
        """One replay with no time taken between the steps."""
        return sum(self._replay(stamp=False))

    def stamped(self) -> list[float]:
        """One replay, step by step."""
        return self._replay(stamp=True)

    def _capture(self, steps: Sequence[Step], stamp: bool) -> tuple[Any, list[Any]]:
        cuda = self._cuda
        graph = cuda.CUDAGraph()
        events = _events(cuda, len(steps) + 1 if stamp else 2, external=True)
        with cuda.graph(graph):
            events[0].record()
            for at, step in enumerate(steps):
                step()
                if stamp:
                    events[at + 1].record()
            if not stamp:
                events[1].record()
        return graph, events

    def _replay(self, *, stamp: bool) -> list[float]:
        graph, events = self._graphs[stamp]
        self._flush()
        graph.replay()
        self._cuda.synchronize()
        return _between(events)


def time_passes(clock: Clock) -> float:
    """The seconds of one plain pass."""
    _repeat(clock.plain, WARM_UP)
    return _middle(np.array([[clock.plain()] for _ in range(_count(clock.plain))]))[0]


def time_steps(clock: Clock) -> tuple[list[float], float]:
    """The seconds of each step, less what stamping costs, and of one plain pass."""
    _repeat(clock.plain, WARM_UP)
    _repeat(clock.stamped, WARM_UP)
    plain, stamped = [], []
    for _ in range(_count(clock.plain)):
        plain.append([clock.plain()])
        stamped.append(clock.stamped())
    run, seen = _middle(np.array(plain))[0], _middle(np.array(stamped))
    cost = max((sum(seen) - run) / max(len(seen), 1), 0.0)
    return [max(each - cost, LEAST * each, 1e-9) for each in seen], run


def _middle(passes: np.ndarray[Any, np.dtype[np.float64]]) -> list[float]:
    """The mean of each column's middle passes."""
    ordered = np.sort(passes, axis=0)
    cut = int(len(ordered) * (1 - KEPT) / 2)
    return [float(each) for each in ordered[cut : len(ordered) - cut].mean(axis=0)]


def _count(run: Callable[[], object]) -> int:
    start = perf_counter()
    run()
    once = perf_counter() - start
    return int(min(max(SECONDS / max(2 * once, 1e-9), PASSES[0]), PASSES[1]))


def _repeat(run: Callable[[], object], times: int) -> None:
    for _ in range(times):
        run()


def _nothing() -> None:
    return None


def _events(cuda: Any, count: int, **options: bool) -> list[Any]:
    return [cuda.Event(enable_timing=True, **options) for _ in range(count)]


def _between(events: Sequence[Any]) -> list[float]:
    """Seconds from event to event; CUDA counts in ms."""
    return [start.elapsed_time(end) / 1e3 for start, end in pairwise(events)]


def _warm_up_aside(steps: Sequence[Step], cuda: Any) -> None:
    """Run the steps on a side stream, as CUDA asks for before a capture."""
    side = cuda.Stream()
    side.wait_stream(cuda.current_stream())
    with cuda.stream(side):
        for _ in range(WARM_UP + 1):
            for step in steps:
                step()
    cuda.current_stream().wait_stream(side)
    cuda.synchronize()
