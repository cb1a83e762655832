"""Standard streams that are closed, full, or cannot be sought in."""

from __future__ import annotations

import os
import sys
from contextlib import suppress

__all__ = ["flush", "open_streams"]


def open_streams() -> None:
    """Put something in the place of standard streams that are closed.

    Files that are opened later would get their numbers, and Python sends errors to stdout.
    Reading stdin and writing stdout still fail; what stderr is told is lost.
    """
    kinds = (
        ("stdin", os.O_WRONLY, "r"),
        ("stdout", os.O_RDONLY, "w"),
        ("stderr", os.O_WRONLY, "w"),
    )
    for number, (name, flags, mode) in enumerate(kinds):
        try:
            os.fstat(number)
        except OSError:
            # the lowest number that is free is this one
            os.open(os.devnull, flags)
            setattr(sys, name, open(number, mode, encoding="utf-8", closefd=False))  # noqa: SIM115


def flush() -> str:
    """Write what is left for stdout and stderr; what is wrong with stdout, or ""."""
    with suppress(OSError):  # there is no other place to say it
        sys.stderr.flush()
    if sys.stdout.closed:  # a server's session has ended; what it wrote is written
        return ""
    try:
        sys.stdout.flush()
    except BrokenPipeError:  # a reader that has gone away is no fault
        return ""
    except OSError as e:
        return f"stdout: {e.strerror or e}"
    return ""
