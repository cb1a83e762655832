"""A limit on the time that a piece of work may take."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

__all__ = ["TimeUp", "at_most", "has_timers"]


_FOREVER = 1e8  # s; systems take no timer of much longer


class TimeUp(BaseException):
    """The time is up.  No Exception, for what guards against faults must not take it for one."""


def has_timers() -> bool:
    """Whether `at_most` works: not on Windows, and only in the main thread."""
    is_main = threading.current_thread() is threading.main_thread()
    return is_main and hasattr(signal, "setitimer")


@contextmanager
def at_most(seconds: float) -> Iterator[None]:
    """Raise TimeUp inside after so many seconds; three years and more, or no timers, set no limit.

    A call into compiled code comes to its end first: that is for the watchdog.
    """
    if seconds > _FOREVER or not has_timers():
        yield
        return

    def end(_number: int, _frame: FrameType | None) -> None:
        raise TimeUp

    before = signal.signal(signal.SIGALRM, end)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
