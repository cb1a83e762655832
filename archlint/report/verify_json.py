"""`archlint verify --format json`; `verify.schema.json` describes it."""

from __future__ import annotations

from collections.abc import Mapping

from archlint.report.as_json import SCHEMA_VERSION, dumped, rounded
from archlint.results.verification import (
    Ratio,
    Verification,
    VerifiedFinding,
    VerifiedModel,
    VerifiedPlace,
    WholeModel,
)

__all__ = ["render"]

Json = Mapping[str, object]


def render(verification: Verification) -> str:
    """Every model with its findings and the times of every session."""
    kept = verification.kept
    return dumped(
        {
            "schema_version": SCHEMA_VERSION,
            "target": verification.target,
            "sessions": verification.sessions,
            "models": [_model(each) for each in verification.models],
            "kept": None
            if kept is None
            else {
                "rows": kept.rows,
                "folder": kept.folder,
                "marked": kept.marked,
                "known": kept.known,
            },
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
    }


def _finding(finding: VerifiedFinding) -> Json:
    return {
        "code": finding.code,
        "name": finding.name,
        "severity": finding.severity.value,
        "message": finding.message,
        "module": finding.module,
        "fingerprint": finding.fingerprint,
        "count": finding.count,
        "printed": _ratio(finding.printed),
        "predicted": _ratio(finding.predicted),
        "measured": _ratio(finding.measured),
        "in_band": finding.in_band,
        "verdict": finding.verdict.value,
        "reason": finding.reason,
        "places": [_place(each) for each in finding.places],
        "left_out": finding.left_out,
    }


def _place(place: VerifiedPlace) -> Json:
    return {
        "module": place.module,
        "count": place.count,
        "weight": rounded(place.weight),
        "now_kernels": place.now_kernels,
        "instead_kernels": place.instead_kernels,
        "neighbours": place.neighbours,
        "predicted": _ratio(place.predicted),
        "measured": _ratio(place.measured),
        "now_ms": [_ms(each) for each in place.now],
        "instead_ms": [_ms(each) for each in place.instead],
        "reason": place.reason,
    }


def _ratio(ratio: Ratio | None) -> Json | None:
    if ratio is None:
        return None
    return {
        "slowdown": rounded(ratio.estimate),
        "low": rounded(ratio.low),
        "high": rounded(ratio.high),
    }


def _whole(whole: WholeModel) -> Json:
    was_run = bool(whole.seconds)
    return {
        "predicted_ms": _ms(whole.predicted),
        "low_ms": _ms(whole.low),
        "high_ms": _ms(whole.high),
        "session_ms": [_ms(each) for each in whole.seconds],
        "measured_ms": _ms(whole.measured) if was_run else None,
        "corrected_ms": _ms(whole.corrected) if was_run else None,
        "drift": rounded(whole.drift),
        "difference": rounded(whole.corrected / whole.predicted - 1) if was_run else None,
        "reason": whole.reason,
    }


def _ms(seconds: float) -> float:
    return rounded(seconds * 1e3)
