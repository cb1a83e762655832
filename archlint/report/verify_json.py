"""`archlint verify --format json`; `verify.schema.json` describes it."""

from __future__ import annotations

from collections.abc import Sequence
from math import isinf

from archlint.report.finding_json import head_json, variant_json
from archlint.report.json_text import SCHEMA_VERSION, Json, dumped, ms, plain, rounded
from archlint.results.findings import Variant
from archlint.results.verification import (
    Ratio,
    Rewritten,
    Verification,
    VerifiedFinding,
    VerifiedModel,
    VerifiedPlace,
    WholeModel,
)

__all__ = ["render"]


def render(verification: Verification) -> str:
    """Every model with its findings and the times of every session."""
    return dumped(
        {
            "schema_version": SCHEMA_VERSION,
            "target": verification.target,
            "sessions": verification.sessions,
            "models": [_model(each) for each in verification.models],
            "kept": plain(verification.kept),
            "problems": verification.problems,
        }
    )


def _model(model: VerifiedModel) -> Json:
    return {
        "path": model.path,
        "title": model.title,
        "findings": [_finding(each) for each in model.findings],
        "whole": None if model.whole is None else _whole(model.whole),
        "hidden": model.hidden,
        "error": model.error,
        "skipped": model.skipped,
    }


def _finding(verified: VerifiedFinding) -> Json:
    return {
        **head_json(verified.finding),
        "printed": _ratio(verified.printed),
        "predicted": _ratio(verified.predicted),
        "measured": _ratio(verified.measured),
        "in_band": verified.in_band,
        "verdict": verified.verdict.value,
        "reason": verified.reason,
        "places": [_place(each) for each in verified.places],
        "left_out": verified.left_out,
        "rewritten": None if verified.rewritten is None else _rewritten(verified.rewritten),
    }


def _rewritten(whole: Rewritten) -> Json:
    return {
        "difference": None if whole.reason or isinf(whole.difference) else whole.difference,
        "same": None if whole.reason else whole.is_same,
        "now_session_ms": [ms(each) for each in whole.now_seconds],
        "instead_session_ms": [ms(each) for each in whole.instead_seconds],
        "reason": whole.reason,
    }


def _place(place: VerifiedPlace) -> Json:
    return {
        "module": place.module,
        "count": place.count,
        "weight": rounded(place.weight),
        "now": _side(place.now, place.now_seconds),
        "instead": _side(place.instead, place.instead_seconds),
        "neighbours": place.neighbours,
        "predicted": _ratio(place.predicted),
        "measured": _ratio(place.measured),
        "reason": place.reason,
    }


def _side(variant: Variant, seconds: Sequence[float]) -> Json:
    return {**variant_json(variant), "session_ms": [ms(each) for each in seconds]}


def _ratio(ratio: Ratio | None) -> Json | None:
    if ratio is None:
        return None
    return {
        "slowdown": rounded(ratio.estimate),
        "slowdown_low": rounded(ratio.low),
        "slowdown_high": rounded(ratio.high),
    }


def _whole(whole: WholeModel) -> Json:
    was_run = bool(whole.seconds)
    return {
        "predicted_ms": ms(whole.predicted),
        "low_ms": ms(whole.low),
        "high_ms": ms(whole.high),
        "session_ms": [ms(each) for each in whole.seconds],
        "measured_ms": ms(whole.measured) if was_run else None,
        "corrected_ms": ms(whole.corrected) if was_run else None,
        "drift": rounded(whole.drift),
        "difference": rounded(whole.corrected / whole.predicted - 1) if was_run else None,
        "reason": whole.reason,
    }
