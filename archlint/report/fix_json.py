"""`archlint fix --format json`; `fix.schema.json` describes it."""

from __future__ import annotations

from archlint.report.json_text import SCHEMA_VERSION, Json, dumped, ms
from archlint.results.fix_report import Cost, FixReport, Step

__all__ = ["render"]


def render(fix_report: FixReport, *, written: bool) -> str:
    """The steps, the costs before and after, and each file's change as a diff."""
    return dumped(
        {
            "schema_version": SCHEMA_VERSION,
            "path": fix_report.path,
            "targets": dict(fix_report.titles),
            "before": _cost(fix_report.before),
            "after": _cost(fix_report.after),
            "steps": [_step(each) for each in fix_report.steps],
            "changes": [{"path": each.path, "diff": each.diff} for each in fix_report.changes],
            "written": written,
            "notes": fix_report.notes,
            "remarks": fix_report.remarks,
            "problems": fix_report.problems,
        }
    )


def _step(step: Step) -> Json:
    return {
        "code": step.code,
        "message": step.message,
        "where": step.where,
        "module": step.module,
        "count": step.count,
        "exact": step.exact,
        "outcome": step.outcome.value,
        "what": step.what,
        "reason": step.reason,
        "before": None if step.before is None else _cost(step.before),
        "after": None if step.after is None else _cost(step.after),
    }


def _cost(cost: Cost) -> Json:
    return {
        "flops": cost.flops,
        "predicted": {target: ms(seconds) for target, seconds in cost.seconds.items()},
    }
