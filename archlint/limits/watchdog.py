"""A process that watches over the one that does the work; not on Windows, which has no fork.

Native code hears no signal, and when it crashes it takes its process along.  So the work is done
in a child that says on a pipe which model it is at, and how long that may take.  One that dies
there, or does not come back in time, is started again, and that model has its line.
"""

from __future__ import annotations

import fcntl
import os
import signal
from collections.abc import Callable, Mapping
from select import select
from time import monotonic
from types import FrameType
from typing import NoReturn

from archlint.limits.section import Sections, tell_sections

__all__ = ["ENDING", "GRACE", "DiedError", "end_with_parent", "watched", "why_ended"]

GRACE = 1.0
"""Seconds, for a timer inside the work to come first."""

_TO_STOP = 5.0  # s; for an interrupted child to tidy up
_LOOK = 1.0  # s; a child that is gone may have left others that hold its pipe
_INTERRUPTED = 130

ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
"""The signals that end a program."""


class DiedError(Exception):
    """The process that did the work died where no model was at work; the text says of what."""


def watched(work: Callable[[], int]) -> int:
    """What `work` gives, done in a child that starts again where a model ended it.

    Raises DiedError.  A signal that ends this process ends the child too.
    """
    lost: dict[int, str] = {}
    while True:
        child = _Child(work, lost)
        code = child.wait()
        if child.asked is not None and code < 0:
            return _INTERRUPTED if child.asked == signal.SIGINT else _end(child.asked)
        if child.at is None and code >= 0:
            return code
        why = why_ended(code, child.late)
        if child.at is None or child.at in lost:
            raise DiedError(why)
        lost[child.at] = why


class _Child:
    """The process that does the work, as its parent sees it; `at` is the section it is in.

    `asked` is the signal by which it was told to end, `late` the seconds that it took too long.
    """

    def __init__(self, work: Callable[[], int], lost: Mapping[int, str]) -> None:
        self.at: int | None = None
        self.asked: int | None = None
        self.late: float | None = None
        self._seconds = self._end = float("inf")
        self._said, says = os.pipe()
        alive, self._lives = os.pipe()
        self._before = {each: signal.getsignal(each) for each in ENDING}
        signal.pthread_sigmask(signal.SIG_BLOCK, ENDING)
        self._pid = os.fork()
        if not self._pid:
            os.close(self._said)
            os.close(self._lives)
            _work(work, Sections(says, lost), alive)
        os.close(says)
        os.close(alive)
        for number, handler in self._before.items():
            if handler is not signal.SIG_IGN:
                signal.signal(number, self._stop)
        signal.signal(signal.SIGALRM, self._kill)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, ENDING)

    def wait(self) -> int:
        """The exit code of the child, or less than 0 the signal that it died of."""
        status = self._status()
        signal.setitimer(signal.ITIMER_REAL, 0)
        for number, handler in self._before.items():
            signal.signal(number, handler)
        os.close(self._said)
        os.close(self._lives)
        return os.waitstatus_to_exitcode(status)

    def _status(self) -> int:
        text = b""
        while True:
            left = max(self._end - monotonic(), 0.0)
            if select([self._said], [], [], min(left, _LOOK))[0]:
                read = os.read(self._said, 4096)
                if not read:
                    return os.waitpid(self._pid, 0)[1]
                *lines, text = (text + read).split(b"\n")
                if lines:
                    self._hear(lines[-1])
                continue
            found, status = os.waitpid(self._pid, os.WNOHANG)
            if found:
                return status
            if monotonic() >= self._end:
                self.late = self._seconds
                self._kill()
                return os.waitpid(self._pid, 0)[1]

    def _hear(self, line: bytes) -> None:
        number, _, seconds = line.partition(b" ")
        self.at = int(number) if number else None
        self._seconds = float(seconds or "inf")
        self._end = monotonic() + self._seconds + GRACE

    def _stop(self, number: int, _frame: FrameType | None) -> None:
        """Hand a signal on; a child that goes on all the same, or a second signal, is its end."""
        if self.asked is not None:
            self._kill()
            return
        self.asked = number
        os.kill(self._pid, number)
        signal.setitimer(signal.ITIMER_REAL, _TO_STOP)

    def _kill(self, _number: int = 0, _frame: FrameType | None = None) -> None:
        os.kill(self._pid, signal.SIGKILL)


def why_ended(code: int, late: float | None) -> str:
    """What ended a process, in a few words: its exit code or signal, or the seconds it had."""
    if late is not None:
        return f"took longer than {late:g} s"
    if code >= 0:
        return f"ended the process with code {code}"
    memory = " (out of memory?)" if code in (-signal.SIGKILL, -signal.SIGABRT) else ""
    return f"the process died of {_name(-code)}{memory}"


def _work(work: Callable[[], int], sections: Sections, alive: int) -> NoReturn:
    """What the child does."""
    code = 2
    try:
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        _interruptible_once()
        end_with_parent(alive)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, ENDING)
        tell_sections(sections)
        code = work()
    except KeyboardInterrupt:
        code = _INTERRUPTED
    except BaseException:  # the parent's part of the program must never go on here
        import traceback

        traceback.print_exc()
    finally:
        os._exit(code)


def _interruptible_once() -> None:
    """A terminal interrupts parent and child, and the parent hands it on: once is enough."""

    def interrupt(number: int, _frame: FrameType | None) -> None:
        signal.signal(number, signal.SIG_IGN)
        raise KeyboardInterrupt

    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, interrupt)


def end_with_parent(alive: int) -> None:
    """Have Linux end this process when the other end of a pipe is gone, and its parent with it."""
    fcntl.fcntl(alive, fcntl.F_SETOWN, os.getpid())
    flags = fcntl.fcntl(alive, fcntl.F_GETFL)
    fcntl.fcntl(alive, fcntl.F_SETFL, flags | os.O_ASYNC)


def _end(number: int) -> NoReturn:
    """End this process by the signal that it was asked to end by."""
    signal.signal(number, signal.SIG_DFL)
    os.kill(os.getpid(), number)
    os._exit(128 + number)


def _name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
