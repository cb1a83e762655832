"""An operator that computes and whose cost cannot be told, as plain data."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["UnknownOperator"]


@dataclass(frozen=True, slots=True)
class UnknownOperator:
    """An operator without shapes, and the operator or input at which the sizes are lost.

    Of an input of the model `lost_type` is "".  `reason` says in words why they are lost there,
    and what to pass where that helps.
    """

    name: str
    op_type: str
    lost_at: str
    lost_type: str
    reason: str
