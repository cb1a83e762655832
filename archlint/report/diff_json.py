"""`archlint diff --format json`: everything, for machines; `diff.schema.json` describes it.

Times are in ms; text is ASCII.  In `after`, `findings` are what is new, `known` what is
unchanged and, with a reason, what the baseline keeps back.
"""

from __future__ import annotations

from archlint.report.as_json import model_json
from archlint.report.finding_json import finding_json
from archlint.report.json_text import SCHEMA_VERSION, Json, dumped, ms, rounded
from archlint.report.style import Style
from archlint.results.model_diff import DiffReport, ModelDiff, TargetDiff

__all__ = ["render"]


def render(report: DiffReport, style: Style) -> str:  # noqa: ARG001 - every format takes a style
    """The whole diff."""
    return dumped(
        {
            "schema_version": SCHEMA_VERSION,
            "models": [_model(each) for each in report.models],
            "failures": report.failures,
            "problems": report.problems,
        }
    )


def _model(model: ModelDiff) -> Json:
    return {
        "name": model.name,
        "presence": model.presence.value,
        "changes": model.changes,
        "targets": [_target(each) for each in model.targets],
        "gone": [finding_json(each) for each in model.gone],
        "before": None if model.before is None else model_json(model.before),
        "after": None if model.after is None else model_json(model.after),
    }


def _target(target: TargetDiff) -> Json:
    return {
        "target": target.target,
        "before_ms": ms(target.before),
        "after_ms": ms(target.after),
        "slowdown": rounded(target.slowdown),
        "slowdown_low": rounded(target.low),
        "slowdown_high": rounded(target.high),
        "basis": target.basis.value,
    }
