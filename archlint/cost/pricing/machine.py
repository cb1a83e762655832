"""What of a machine decides which term of a fit a byte or a FLOP counts in."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["UNTOLD", "Machine"]


@dataclass(frozen=True, slots=True)
class Machine:
    """`near` and `far` are the bytes of a core's own cache and of the last one, 0 if not told.

    `block` is how many channels a blocked layout keeps together, 1 without one.
    """

    near: int = 0
    far: int = 0
    block: int = 1


UNTOLD = Machine()
"""A machine of which nothing is told."""
