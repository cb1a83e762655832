"""How a target was carried over from another one, in words."""

from __future__ import annotations

from archlint.results.target_summary import CarriedRows

__all__ = ["transfer_text"]

SAME = 0.05
"""us of a launch that nobody would notice."""


def transfer_text(carried: CarriedRows) -> str:
    """The base, its device, the factor with its interval, and what a launch takes more or less."""
    text = (
        f"{carried.base} ({carried.device}) x {carried.factor:.3f}"
        f" ({carried.low:.3f} to {carried.high:.3f})"
    )
    launch = 1e3 * carried.launch
    if abs(launch) < SAME:
        return text
    word = "longer" if launch > 0 else "shorter"
    return f"{text}, each kernel {abs(launch):.1f} us {word}"
