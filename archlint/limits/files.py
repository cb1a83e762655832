"""What is read whole: regular files of a bounded size, and streams as files."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import BinaryIO

__all__ = ["LARGEST_MESSAGE", "LARGEST_TEXT", "read_bounded", "seekable"]

LARGEST_MESSAGE = 1 << 31
"""Bytes: protobuf takes no longer message."""

LARGEST_TEXT = 64 << 20
"""Bytes: of a configuration, a baseline, a table of measured rows; the largest has two million."""

_PIECE = 1 << 20  # bytes


def read_bounded(path: str | Path, most: int = LARGEST_TEXT) -> bytes:
    """The bytes of a regular file of at most so many; raises OSError, with what it is."""
    # a FIFO would wait for a writer, and a device never end
    handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    with open(handle, "rb") as file:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise OSError(0, "is not a regular file", str(path))
        # files of /proc say that they have no bytes
        data = file.read(most + 1)
        if len(data) > most:
            raise OSError(0, f"has more than {most >> 20} MiB", str(path))
        return data


def seekable(stream: BinaryIO) -> BinaryIO:
    """A stream that can be sought in from its beginning: this one, or a file of what it brings.

    What was read of it before, be it by another process, does not count.
    No more than LARGEST_MESSAGE, and a byte or more to tell that there is more.
    """
    if stream.seekable():
        return stream
    from tempfile import TemporaryFile  # few models come through a pipe

    copy: BinaryIO = TemporaryFile()  # noqa: SIM115 - it is gone with its last reader
    while copy.tell() <= LARGEST_MESSAGE:
        piece = stream.read(_PIECE)
        if not piece:
            break
        copy.write(piece)
    copy.seek(0)
    return copy
