"""Writing a file so that nobody ever finds half of it."""

from __future__ import annotations

import os
from pathlib import Path

__all__ = ["write_whole"]


def write_whole(path: Path, data: bytes, *, lasting: bool = False, mode: int = 0o666) -> None:
    """Write a file whole or not at all, whatever ends this process; raises OSError.

    It is written beside its place and put there at once, with the permissions of what was there,
    or those of `mode` that the system lets new files have.
    What is `lasting` outlives a power cut from the return on, which takes some milliseconds.
    """
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    part.unlink(missing_ok=True)
    try:
        # "x" follows no link that somebody has laid there
        with open(part, "xb", opener=lambda name, how: os.open(name, how, mode)) as file:
            file.write(data)
            if lasting:
                file.flush()
                os.fsync(file.fileno())
        if path.exists():
            part.chmod(path.stat().st_mode)
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)
    if lasting and os.name == "posix":  # elsewhere folders cannot be opened
        _sync(path.parent)


def _sync(folder: Path) -> None:
    """Have the disk keep the names in a folder."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
