"""Work spread over processes: forks of this one, so that what it has loaded is there at once.

Each is watched over: one that dies, or takes too long, costs the piece of work that it was at.
"""

from __future__ import annotations

import gc
import os
import signal
from collections import deque
from collections.abc import Callable, Generator, Iterator, Mapping
from dataclasses import dataclass
from multiprocessing import Pipe
from multiprocessing.connection import Connection, wait
from time import monotonic
from types import FrameType
from typing import NoReturn

from archlint.doing import hear
from archlint.limits.section import tell_sections
from archlint.limits.watchdog import ENDING, GRACE, end_with_parent, why_ended

__all__ = ["in_workers"]

Work = Callable[[int], bytes]
"""Does a piece of work, by its number."""


def in_workers(
    work: Work, seconds: Mapping[int, float], count: int, begin: Callable[[int], None]
) -> Generator[tuple[int, bytes | str], None, None]:
    """The numbers with what the work gives, as it comes, or with why it gives nothing.

    `seconds` are the most that each may take; `begin` is told of each.  When the iterator is
    closed, or this process ends, the workers end too.
    """
    pool = _Pool(work, count, begin)
    waiting = deque(seconds.items())
    gc.freeze()  # a collection in a worker would copy all pages that it marks
    try:
        while waiting or pool.busy:
            while waiting and len(pool.busy) < count:
                pool.start().give(*waiting.popleft(), begin)
            yield from pool.hear(waiting)
    finally:
        pool.end()
        gc.unfreeze()


@dataclass(slots=True)
class _Worker:
    """A process that does a piece of work after the other; `number` is the one that it is at.

    `lives` is a pipe whose end is that of the worker too.
    """

    pid: int
    connection: Connection
    lives: int
    number: int = -1
    seconds: float = 0.0
    end: float = 0.0

    def give(self, number: int, seconds: float, begin: Callable[[int], None]) -> None:
        """Have it do a piece of work."""
        begin(number)
        self.number, self.seconds = number, seconds
        self.end = monotonic() + seconds + GRACE
        try:
            self.connection.send_bytes(str(number).encode())
        except OSError:  # it is dead, which is told where it is listened to
            return

    def code(self) -> int:
        """Wait for its end: the exit code, or less than 0 the signal that it died of."""
        self.connection.close()
        status = os.waitpid(self.pid, 0)[1]
        os.close(self.lives)
        return os.waitstatus_to_exitcode(status)

    def leave(self) -> None:
        """Let go of it, in a process that is not its parent."""
        self.connection.close()
        os.close(self.lives)


class _Pool:
    """The workers that are at work, by what they are listened to through."""

    def __init__(self, work: Work, count: int, begin: Callable[[int], None]) -> None:
        self.busy: dict[Connection, _Worker] = {}
        self._work, self._count, self._begin = work, count, begin
        usual = [each for each in ENDING if signal.getsignal(each) is signal.SIG_DFL]
        self._before = {each: signal.signal(each, self._stop) for each in usual}

    def start(self) -> _Worker:
        """One more process."""
        here, there = Pipe()
        alive, lives = os.pipe()
        before = signal.pthread_sigmask(signal.SIG_BLOCK, ENDING)
        pid = os.fork()
        if not pid:
            here.close()
            os.close(lives)
            for each in self.busy.values():  # they would not see an end of the parent
                each.leave()
            _serve(self._work, there, alive)
        there.close()
        os.close(alive)
        worker = self.busy[here] = _Worker(pid, here, lives)
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
        return worker

    def hear(self, waiting: deque[tuple[int, float]]) -> Iterator[tuple[int, bytes | str]]:
        """What comes next; who has done its work takes another piece of what is waiting."""
        end = min(each.end for each in self.busy.values())
        left = None if end == float("inf") else max(end - monotonic(), 0.0)
        ready = wait(list(self.busy), left)
        for connection, worker in list(self.busy.items()):
            number = worker.number
            if connection in ready:
                try:
                    found = connection.recv_bytes()
                except (EOFError, OSError):
                    del self.busy[connection]
                    yield number, why_ended(worker.code(), None)
                    continue
                if waiting:
                    worker.give(*waiting.popleft(), self._begin)
                else:
                    del self.busy[connection]
                    worker.code()
                yield number, found
            elif monotonic() >= worker.end:
                del self.busy[connection]
                os.kill(worker.pid, signal.SIGKILL)
                yield number, why_ended(worker.code(), worker.seconds)

    def end(self) -> None:
        """End all that is still at work."""
        self._kill()
        for each in self.busy.values():
            each.code()
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _kill(self) -> None:
        for each in self.busy.values():
            os.kill(each.pid, signal.SIGKILL)

    def _stop(self, number: int, _frame: FrameType | None) -> None:
        """End by a signal, the workers first: one may be deaf to what else tells it."""
        self._kill()
        signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)


def _serve(work: Work, connection: Connection, alive: int) -> NoReturn:
    """What a worker does."""
    code = 2
    try:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # a terminal interrupts all: one is enough
        for each in ENDING[1:]:
            signal.signal(each, signal.SIG_DFL)
        end_with_parent(alive)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, ENDING)
        tell_sections(None)
        hear(None)
        while True:
            connection.send_bytes(work(int(connection.recv_bytes())))
    except EOFError:
        code = 0
    except BaseException:  # the parent's part of the program must never go on here
        import traceback

        traceback.print_exc()
    finally:
        os._exit(code)
