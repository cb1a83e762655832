"""Limits on memory, on systems that keep them (Linux); elsewhere there are none."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["memory_at_most", "native_memory_for"]

_STATM = "/proc/self/statm"
_LEAST = 128 << 20  # bytes
_TIMES = 64
"""What onnx's inference takes for each byte of a file's operators: ten to twenty, measured."""


@contextmanager
def memory_at_most(mebibytes: int | None) -> Iterator[None]:
    """MemoryError inside for what takes more than so many MiB beside what there is already.

    None sets no limit.  A process that is started inside has the same limit.
    """
    if mebibytes is None or sys.platform != "linux":
        yield
        return
    with _more(mebibytes << 20):
        yield


@contextmanager
def native_memory_for(size: int) -> Iterator[None]:
    """Inside a limit, as much as inference can need for operators of so many bytes.

    Native code that runs away then ends with a MemoryError in a moment.
    """
    if sys.platform != "linux" or _soft_limit() < 0:
        yield
        return
    with _more(_LEAST + _TIMES * size):
        yield


def _soft_limit() -> int:
    import resource

    return resource.getrlimit(resource.RLIMIT_DATA)[0]


@contextmanager
def _more(size: int) -> Iterator[None]:
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_DATA)
    goal = _data() + size
    if goal > sys.maxsize or any(0 <= each <= goal for each in (soft, hard)):
        yield
        return
    resource.setrlimit(resource.RLIMIT_DATA, (goal, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_DATA, (soft, hard))


def _data() -> int:
    """The bytes that count towards the limit now: what is private and writable."""
    import resource

    with open(_STATM, "rb") as file:
        return int(file.read().split()[5]) * resource.getpagesize()
