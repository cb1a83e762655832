"""What of the work is one model's, said to the watchdog where there is one."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from archlint.errors import ModelError

__all__ = ["Sections", "is_watched", "section", "tell_sections"]


@dataclass(slots=True)
class Sections:
    """Where this process says what it is at, and the sections that ended it before, with why."""

    says: int
    lost: Mapping[int, str]
    count: int = 0

    def say(self, text: str) -> None:
        """Put a line into the pipe."""
        os.write(self.says, f"{text}\n".encode())


_sections: Sections | None = None


def is_watched() -> bool:
    """Whether this process does the work of a program that watches over it."""
    return _sections is not None


def tell_sections(sections: Sections | None) -> None:
    """From now on this process tells of its sections, or with None of none."""
    global _sections
    _sections = sections


@contextmanager
def section(path: str, seconds: float) -> Iterator[None]:
    """The part of the work that is one model's, which ends after so many seconds at the latest.

    Raises ModelError where the model ended the process before.
    """
    if _sections is None:
        yield
        return
    number = _sections.count
    _sections.count += 1
    if number in _sections.lost:
        raise ModelError(path, _sections.lost[number])
    _sections.say(f"{number} {seconds}")
    try:
        yield
    finally:
        _sections.say("")
