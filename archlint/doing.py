"""What a run is at, said where the work is done to whoever shows it: a terminal, an editor."""

from __future__ import annotations

from collections.abc import Callable

__all__ = ["doing", "hear"]

_listener: Callable[[str], None] | None = None


def doing(what: str) -> None:
    """Say what is being done from now on, in a few words."""
    if _listener is not None:
        _listener(what)


def hear(listener: Callable[[str], None] | None) -> None:
    """From now on tell this of what is being done, or with None nobody."""
    global _listener
    _listener = listener
