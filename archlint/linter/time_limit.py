"""A limit on the time that one model may take."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from archlint.errors import UsageError

__all__ = ["TimeUp", "at_most"]


class TimeUp(BaseException):
    """The time is up.  No Exception, for what guards against faults must not take it for one."""


@contextmanager
def at_most(seconds: float | None) -> Iterator[None]:
    """Raise TimeUp inside after so many seconds; None sets no limit.

    A call into compiled code comes to its end first.  Raises UsageError where there are no
    timer signals (Windows, and threads other than the main one).
    """
    if seconds is None:
        yield
        return
    if not hasattr(signal, "setitimer") or threading.current_thread() is not (
        threading.main_thread()
    ):
        raise UsageError("a timeout needs a system with timer signals, and the main thread")

    def end(_number: int, _frame: FrameType | None) -> None:
        raise TimeUp

    before = signal.signal(signal.SIGALRM, end)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
