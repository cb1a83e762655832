"""`--format json`: everything, for machines; `check.schema.json` describes it.

Times are in ms, shares from 0 to 1.  Hidden notes and `--top` are a matter of the screen: here
is always all.  Text is ASCII, so that no name from a file can steer a terminal.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from enum import Enum

from archlint.graph.model import ModelInput
from archlint.location import Location, Span
from archlint.report.escape import COMMAND
from archlint.report.style import Style
from archlint.results.findings import (
    Finding,
    FoundPlace,
    ModelReport,
    PricedOn,
    Report,
    TargetReport,
    Unpriced,
)

__all__ = [
    "SCHEMA_VERSION",
    "Json",
    "dumped",
    "finding_json",
    "model_json",
    "plain",
    "render",
    "rounded",
]

SCHEMA_VERSION = 1

Json = Mapping[str, object]
"""An object of JSON."""


def render(report: Report, style: Style) -> str:  # noqa: ARG001 - every format takes a style
    """The whole report."""
    return dumped(
        {
            "schema_version": SCHEMA_VERSION,
            "models": [model_json(each) for each in report.models],
            "unused_ignores": report.unused_ignores,
            "comment_faults": report.comment_faults,
            "stale": report.stale,
            "problems": report.problems,
        }
    )


def dumped(document: Json | Sequence[Json]) -> str:
    """A document as text, its keys in the order given."""
    text = json.dumps(document, indent=2, allow_nan=False)
    # it may be printed into the log of a CI, and two such signs are only ever in a string
    return COMMAND.sub(r"#\\u0023", text) + "\n"


def rounded(number: float) -> float:
    """Six significant digits: more than any measurement has, and the same on every machine."""
    return float(f"{number:.6g}")


def plain(value: object) -> object:
    """Any typed value (a rule's evidence) as JSON holds it: dataclasses become objects."""
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Mapping):
        return {str(key): plain(each) for key, each in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [plain(each) for each in value]
    if isinstance(value, float):
        return rounded(value)
    return value if value is None or isinstance(value, str | int) else str(value)


def _ms(seconds: float) -> float:
    return rounded(seconds * 1e3)


def model_json(model: ModelReport) -> Json:
    """One model of a report."""
    return {
        "path": model.path,
        "opset": model.opset,
        "inputs": [_input(each) for each in model.inputs],
        "operators": model.operators,
        "flops": model.flops,
        "mac_bytes": model.mac,
        "parameters": model.parameters,
        "flips": model.flips,
        "assumptions": model.assumptions,
        "remarks": model.remarks,
        "targets": [_target(each) for each in model.targets],
        "findings": [finding_json(each) for each in model.findings],
        "ignored": [
            {"finding": finding_json(each.finding), "reason": each.reason} for each in model.ignored
        ],
        "known": [
            {"finding": finding_json(each.finding), "reason": each.reason} for each in model.known
        ],
        "shapeless": [_unpriced(each) for each in model.shapeless],
        "malformed": model.malformed,
        "error": model.error,
    }


def _input(each: ModelInput) -> Json:
    return {
        "name": each.name,
        "dtype": each.dtype,
        "shape": each.shape,
        "assumed": each.assumed,
    }


def _target(target: TargetReport) -> Json:
    return {
        "target": target.target,
        "title": target.title,
        "is_default": target.is_default,
        "predicted_ms": _ms(target.predicted),
        "low_ms": _ms(target.low),
        "high_ms": _ms(target.high),
        "basis": target.basis.value,
        "coverage": rounded(target.coverage),
        "unpriced": [_unpriced(each) for each in target.unpriced],
        "kinds": [
            {
                "kind": each.kind,
                "count": each.count,
                "ms": _ms(each.time),
                "share": rounded(each.share),
            }
            for each in target.kinds
        ],
        "saving_ms": _ms(target.saving),
        "saving_findings": target.saving_findings,
    }


def _unpriced(each: Unpriced) -> Json:
    return {"op_type": each.op_type, "count": each.count}


def finding_json(finding: Finding) -> Json:
    """One finding."""
    return {
        "code": finding.code,
        "name": finding.name,
        "severity": finding.severity.value,
        "message": finding.message,
        "module": finding.module,
        "count": finding.count,
        "sizes": finding.sizes,
        "flips": finding.flips,
        "dearer": finding.dearer,
        "advice": finding.advice,
        "location": _location(finding.location),
        "exact": finding.exact,
        "upper_bound": finding.upper_bound,
        "fingerprint": finding.fingerprint,
        "prices": [_price(each) for each in finding.prices],
        "places": [_place(each) for each in finding.places],
    }


def _location(location: Location | None) -> Json | None:
    if location is None:
        return None
    return {
        **_span(location.span),
        "certainty": location.certainty.value,
        "chain": [
            {**_span(each.span), "what": each.what, "inside": each.inside}
            for each in location.chain
        ],
    }


def _span(span: Span) -> Json:
    return {
        "path": span.path,
        "line": span.line,
        "column": span.column,
        "end_line": span.end_line,
        "end_column": span.end_column,
        "source": span.text,
    }


def _price(price: PricedOn) -> Json:
    return {
        "target": price.target,
        "severity": price.severity.value,
        "now_ms": _ms(price.now),
        "instead_ms": _ms(price.instead),
        "slowdown": rounded(price.slowdown),
        "slowdown_low": rounded(price.slowdown_low),
        "slowdown_high": rounded(price.slowdown_high),
        "saving_ms": _ms(price.saving),
        "saving_share": rounded(price.saving_share),
        "basis": price.basis.value,
        "caveat": price.caveat,
    }


def _place(place: FoundPlace) -> Json:
    return {
        "operators": place.operators,
        "module": place.module,
        "location": _location(place.location),
        "evidence": plain(place.evidence),
        "now": place.now,
        "instead": place.instead,
        "now_kernels": place.now_kernels,
        "instead_kernels": place.instead_kernels,
        "prices": [_price(each) for each in place.prices],
    }
