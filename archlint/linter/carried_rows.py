"""What `archlint targets` says of rows that were carried over from another target."""

from __future__ import annotations

from archlint.cost.target import Target
from archlint.results.target_summary import CarriedRows

__all__ = ["carried_rows"]


def carried_rows(target: Target) -> CarriedRows | None:
    """How many there are and how they were carried over; None where there are none."""
    of = target.transfer
    if of is None:
        return None
    rows = sum(row.carried for row in target.rows)
    return CarriedRows(of.base, of.device, of.factor, of.low, of.high, 1e3 * of.launch, rows)
