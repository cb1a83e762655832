"""`archlint explain --format json`; `explain.schema.json` describes it."""

from __future__ import annotations

from archlint.report.as_json import SCHEMA_VERSION, dumped, rounded
from archlint.results.explanation import ExplainedOperator, Explanation

__all__ = ["render"]


def render(explanation: Explanation) -> str:
    """The explained operators with their prices and what each rule says."""
    return dumped(
        {
            "schema_version": SCHEMA_VERSION,
            "path": explanation.path,
            "targets": [
                {
                    "target": each.target,
                    "title": each.title,
                    "predicted_ms": rounded(each.ms),
                    "low_ms": rounded(each.low_ms),
                    "high_ms": rounded(each.high_ms),
                }
                for each in explanation.predicted
            ],
            "operators": [_operator(each) for each in explanation.operators],
        }
    )


def _operator(operator: ExplainedOperator) -> dict[str, object]:
    return {
        "name": operator.name,
        "op_type": operator.op_type,
        "module": operator.module,
        "input_shapes": operator.input_shapes,
        "output_shapes": operator.output_shapes,
        "weight_shape": operator.weight_shape,
        "groups": operator.groups,
        "strides": operator.strides,
        "flops": operator.flops,
        "mac_bytes": operator.mac_bytes,
        "kernel": operator.kernel,
        "prices": [
            {
                "target": each.target,
                "ms": rounded(each.ms),
                "low_ms": rounded(each.low_ms),
                "high_ms": rounded(each.high_ms),
                "basis": each.basis.value,
                "share": rounded(each.share),
            }
            for each in operator.prices
        ],
        "rules": [
            {"code": each.code, "fired": each.fired, "reason": each.reason}
            for each in operator.rules
        ],
    }
