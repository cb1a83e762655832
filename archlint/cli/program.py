"""The process of the program `archlint`, from its streams to its exit code."""

from __future__ import annotations

import os
import sys
from typing import NoReturn

from archlint.cli.streams import flush, open_streams
from archlint.cli.watch import WATCH

__all__ = ["program"]

_STDIN = "-"


def program() -> NoReturn:
    """Run this process's command line and end the process.

    Without Python's own ending: taking half a million imported objects apart takes a fifth of a
    short run, and nothing is left to close.
    """
    open_streams()
    words = sys.argv[1:]
    # a measurement reads no model and is interrupted in its own way; a server, and who waits for
    # changes, has runs of its own
    alone = (["calibrate"], ["measure"], ["server"])
    is_watched = hasattr(os, "fork") and words[:1] not in alone and WATCH not in words
    os._exit(_watched(words) if is_watched else _whole_run())


def _watched(words: list[str]) -> int:
    """The run in a process of its own, so that no model takes the others along.

    That process loads the commands: this one stays small, for that is what a fork costs.
    """
    from archlint.limits.watchdog import DiedError, watched

    try:
        if _STDIN in words:
            _keep_stdin()
        return watched(_whole_run)
    except DiedError as fault:
        return _failed(f"internal error: {fault}")
    except OSError as fault:
        return _failed(str(fault.strerror or fault))


def _keep_stdin() -> None:
    """A pipe can be read once, and the run may start again."""
    from io import TextIOWrapper

    from archlint.limits.files import seekable

    stream = seekable(sys.stdin.buffer)
    if stream is not sys.stdin.buffer:
        sys.stdin = TextIOWrapper(stream)


def _whole_run() -> int:
    """The run, to the last byte that it writes."""
    from archlint.cli.main import run

    code, fault = run(), flush()
    return _failed(fault) if fault else code


def _failed(why: str) -> int:
    from archlint.cli.output import complain

    complain(why)
    return 2
