"""What of a model is not read, in words."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from archlint.report.units import counted
from archlint.results.unknown import UnknownOperator

__all__ = ["unknown_lines"]

_MOST = 3  # operators named where sizes are lost for many


def unknown_lines(unknown: Sequence[UnknownOperator]) -> list[str]:
    """A line for each operator or input that loses sizes: of how many, and what to do."""
    by_cause: dict[tuple[str, str, str], list[UnknownOperator]] = defaultdict(list)
    for each in unknown:
        by_cause[each.lost_at, each.lost_type, each.reason].append(each)
    return [_line(*cause, operators) for cause, operators in by_cause.items()]


def _line(lost_at: str, lost_type: str, reason: str, operators: Sequence[UnknownOperator]) -> str:
    names = [f"{each.op_type} {each.name}" for each in operators]
    if len(names) > _MOST:
        names[_MOST:] = [f"{len(names) - _MOST} more"]
    where = lost_at if lost_at.startswith(lost_type) else f"{lost_type} {lost_at}"
    what = f"{counted(len(operators), 'operator')} without shapes ({', '.join(names)})"
    return f"{what}: lost at {where}, {reason}"
