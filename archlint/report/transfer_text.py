"""How a target was carried over from another one, in words."""

from __future__ import annotations

from archlint.cost.target import Transfer

__all__ = ["transfer_text"]

SAME = 0.05e-6
"""Seconds of a launch that nobody would notice."""


def transfer_text(transfer: Transfer) -> str:
    """The factor with its interval, and what a launch takes more or less."""
    factor = f"x {transfer.factor:.3f} ({transfer.low:.3f} to {transfer.high:.3f})"
    if abs(transfer.launch) < SAME:
        return factor
    word = "longer" if transfer.launch > 0 else "shorter"
    return f"{factor}, each kernel {1e6 * abs(transfer.launch):.1f} us {word}"
