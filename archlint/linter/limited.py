"""The limits of one model: what goes over them is that model's error, and nobody else's."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from archlint.errors import ModelError, UsageError
from archlint.limits import TimeUp, at_most, has_timers, memory_at_most, section
from archlint.linter.source import EXPORT_TIMEOUT, Source, SourceModel, name_of
from archlint.settings.options import Options

__all__ = ["limited", "seconds_for"]

FILE_TIMEOUT = 60.0
"""Seconds for a file where no other limit is set; tens of thousands of operators take ten."""

_TO_END = 15.0  # s; for the process of an export to be ended, which tells best what it was at


@contextmanager
def limited(source: Source, options: Options) -> Iterator[None]:
    """Lint one model inside; raises ModelError where it takes more than the options allow.

    Models of Python source have a process of their own, which the memory is not limited of.
    Raises UsageError where a limit is asked for and this system has none.
    """
    path, made = name_of(source), isinstance(source, SourceModel)
    seconds = seconds_for(source, options)
    if options.timeout not in (None, float("inf")) and not has_timers():
        raise UsageError("a timeout needs a system with timer signals, and the main thread")
    end = seconds + _TO_END if made else seconds
    try:
        with section(path, end), at_most(end), memory_at_most(None if made else options.max_memory):
            yield
    except TimeUp:
        raise ModelError(path, f"took longer than {seconds:g} s") from None
    except MemoryError:
        most = options.max_memory
        limit = "" if made or most is None else f" than {most} MiB (--max-memory)"
        raise ModelError(path, f"takes more memory{limit or ' than there is'}") from None


def seconds_for(source: Source, options: Options) -> float:
    """The most seconds that a model may take."""
    return options.timeout or (EXPORT_TIMEOUT if isinstance(source, SourceModel) else FILE_TIMEOUT)
