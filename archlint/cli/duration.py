"""Durations as people write and read them."""

from __future__ import annotations

import re

from archlint.errors import UsageError

__all__ = ["duration_text", "parse_duration"]

_DURATION = re.compile(r"(?:(\d{1,9})h)?(?:(\d{1,9})m(?:in)?)?(?:(\d{1,9})s)?", re.ASCII)


def parse_duration(text: str, option: str) -> float:
    """Seconds in "15m", "1h30m" or "90s"; raises UsageError naming the option."""
    match = _DURATION.fullmatch(text.strip().replace(" ", ""))
    hours, minutes, seconds = (int(part or 0) for part in match.groups()) if match else (0, 0, 0)
    total = 3600 * hours + 60 * minutes + seconds
    if not total:
        raise UsageError(f'{option}: expected a time such as 15m, 1h30m or 90s, found "{text}"')
    return float(total)


def duration_text(seconds: float) -> str:
    """The duration in the two greatest units that it has: `1h05m`, `12m30s`, `8s`."""
    whole = round(seconds)
    if whole >= 3600:
        return f"{whole // 3600}h{whole % 3600 // 60:02}m"
    return f"{whole // 60}m{whole % 60:02}s" if whole >= 60 else f"{whole}s"
