from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial

import pytest

from archlint.measure.torch.clock import EventClock, GraphClock, HostClock, time_passes, time_steps

STEPS = (3e-6, 40e-6, 1e-6, 250e-6)
"""What the steps take on the device, in seconds."""


class FakeCuda:
    """A GPU whose time passes as its work says; dispatching takes the host no time.

    Stands for torch.cuda: work is enqueued and runs at once, or is captured into a graph.  A
    timing event takes `stamp` seconds of the GPU's time.
    """

    def __init__(self, stamp: float) -> None:
        self.now, self.stamp = 0.0, stamp
        self.captured: list[Callable[[], None]] | None = None
        self.replays = self.flushes = 0

    def launch(self, seconds: float) -> None:
        self.enqueue(partial(self.work, seconds))

    def flush(self) -> None:
        self.flushes += 1
        self.launch(100e-6)

    def enqueue(self, action: Callable[[], None]) -> None:
        if self.captured is None:
            action()
        else:
            self.captured.append(action)

    def work(self, seconds: float) -> None:
        self.now += seconds

    def synchronize(self) -> None:
        assert self.captured is None

    def Stream(self) -> FakeCuda:  # noqa: N802 - torch's name
        return self

    def current_stream(self) -> FakeCuda:
        return self

    def wait_stream(self, other: FakeCuda) -> None:
        assert other is self

    @contextmanager
    def stream(self, _: FakeCuda) -> Iterator[None]:
        yield

    def Event(self, enable_timing: bool, external: bool = False) -> FakeEvent:  # noqa: N802
        assert enable_timing
        return FakeEvent(self, external)

    def CUDAGraph(self) -> FakeGraph:  # noqa: N802
        return FakeGraph(self)

    @contextmanager
    def graph(self, graph: FakeGraph) -> Iterator[None]:
        self.captured = graph.actions
        yield
        self.captured = None


class FakeEvent:
    def __init__(self, cuda: FakeCuda, external: bool) -> None:
        self.cuda, self.external, self.at = cuda, external, -1.0

    def record(self) -> None:
        # an event that is not external orders streams in a graph and cannot be read after it
        assert self.external == (self.cuda.captured is not None)
        self.cuda.enqueue(self.happen)

    def happen(self) -> None:
        self.at = self.cuda.now
        self.cuda.now += self.cuda.stamp

    def elapsed_time(self, end: FakeEvent) -> float:
        assert self.at >= 0
        assert end.at >= 0
        return (end.at - self.at) * 1e3


class FakeGraph:
    def __init__(self, cuda: FakeCuda) -> None:
        self.cuda = cuda
        self.actions: list[Callable[[], None]] = []

    def replay(self) -> None:
        self.cuda.replays += 1
        for action in self.actions:
            action()


def steps_on(cuda: FakeCuda) -> Sequence[Callable[[], object]]:
    return [partial(cuda.launch, seconds) for seconds in STEPS]


@pytest.mark.parametrize("stamp", [0.0, 2e-6])
def test_a_graph_clock_gives_each_steps_own_time_whatever_an_event_costs(stamp: float) -> None:
    cuda = FakeCuda(stamp)
    seconds, run = time_steps(GraphClock(steps_on(cuda), cuda, cuda.flush))
    # the first event of a pass is in the plain pass, too: an error of a stamp, shared by all
    assert seconds == pytest.approx(STEPS, abs=stamp / 2 + 1e-9)
    assert run == pytest.approx(sum(STEPS), abs=stamp + 1e-9)


def test_the_cache_is_flushed_before_every_replay() -> None:
    cuda = FakeCuda(0.0)
    time_steps(GraphClock(steps_on(cuda), cuda, cuda.flush))
    assert cuda.flushes == cuda.replays > 0


def test_an_event_clock_gives_each_steps_own_time() -> None:
    cuda = FakeCuda(1e-6)
    clock = EventClock(steps_on(cuda), cuda, cuda.flush, 100e-6, 1e-3)
    seconds, _ = time_steps(clock)
    assert seconds == pytest.approx(STEPS, abs=0.5e-6)


def test_an_event_clock_keeps_the_gpu_busy_for_longer_than_dispatching_takes() -> None:
    cuda = FakeCuda(0.0)
    EventClock(steps_on(cuda), cuda, cuda.flush, 100e-6, 1e-3).plain()
    assert cuda.flushes * 100e-6 >= 1e-3


def test_a_host_clock_gives_a_positive_time_for_every_step_and_settles_around_passes() -> None:
    settled: list[int] = []
    clock = HostClock([lambda: sum(range(100))] * 5, lambda: settled.append(1))
    seconds, run = time_steps(clock)
    assert len(seconds) == 5
    assert all(each > 0 for each in seconds)
    assert run > 0
    assert len(settled) % 2 == 0


def test_passes_are_timed_as_wholes() -> None:
    cuda = FakeCuda(0.0)
    assert time_passes(GraphClock(steps_on(cuda), cuda, cuda.flush)) == pytest.approx(sum(STEPS))
