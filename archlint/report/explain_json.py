"""`archlint explain --format json`; `explain.schema.json` describes it."""

from __future__ import annotations

from collections.abc import Mapping

from archlint.report.explain_words import reason_text
from archlint.report.finding_json import variant_json
from archlint.report.json_text import SCHEMA_VERSION, Json, dumped, members, rounded
from archlint.results.explanation import (
    ExplainedOperator,
    ExplainedPlace,
    ExplainedSilence,
    Explanation,
)

__all__ = ["render"]


def render(explanation: Explanation) -> str:
    """The explained operators with their prices and what each rule says, each place once."""
    said = (rule for operator in explanation.operators for rule in operator.rules)
    places = dict.fromkeys(each for each in said if isinstance(each, ExplainedPlace))
    numbers = {place: number for number, place in enumerate(places)}
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
                    "peak_bytes": each.peak_bytes,
                    "peak_at": each.peak_at,
                }
                for each in explanation.predicted
            ],
            "operators": [_operator(each, numbers) for each in explanation.operators],
            "places": [_place(each) for each in places],
        }
    )


def _operator(operator: ExplainedOperator, places: Mapping[ExplainedPlace, int]) -> Json:
    return {
        "name": operator.name,
        "op_type": operator.op_type,
        "module": operator.module,
        "input_shapes": operator.input_shapes,
        "output_shapes": operator.output_shapes,
        "weight_shape": operator.weight_shape,
        "groups": operator.groups,
        "strides": operator.strides,
        "parameters": operator.parameters,
        "flops": operator.flops,
        "mac_bytes": operator.mac_bytes,
        "kernel": operator.kernel,
        "prices": [members(each) for each in operator.prices],
        "rules": [_rule(each, places) for each in operator.rules],
    }


def _rule(rule: ExplainedPlace | ExplainedSilence, places: Mapping[ExplainedPlace, int]) -> Json:
    place = rule if isinstance(rule, ExplainedPlace) else None
    return {
        "code": rule.code,
        "target": rule.target,
        "fired": place is not None and place.fired,
        "reason": reason_text(rule),
        "place": None if place is None else places[place],
    }


def _place(place: ExplainedPlace) -> Json:
    return {
        "code": place.code,
        "target": place.target,
        "fired": place.fired,
        "operators": place.operators,
        "module": place.module,
        "now": variant_json(place.now),
        "instead": variant_json(place.instead),
        "slowdown": rounded(place.slowdown),
        "slowdown_low": rounded(place.slowdown_low),
        "slowdown_high": rounded(place.slowdown_high),
        "basis": place.basis.value,
        "upper_bound": place.upper_bound,
    }
