"""What was inferred from networks, as the sections of a target's file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from archlint.cost.pricing.family import FamilySpec
from archlint.cost.target import Calibration

__all__ = ["inferred_sections"]


def inferred_sections(families: Sequence[FamilySpec], calibration: Calibration) -> dict[str, Any]:
    """The `families` and `calibration` of a target file."""
    known = {key: value for key, value in asdict(calibration).items() if value is not None}
    return {
        "families": [_family(each) for each in families],
        "calibration": {**known, "errors": list(known["errors"])},
    }


def _family(spec: FamilySpec) -> dict[str, Any]:
    found: dict[str, Any] = {
        "name": spec.name,
        "terms": list(spec.terms),
        "spread": spec.spread,
        "noise": spec.noise,
        "context": spec.context,
    }
    if spec.inferred is not None:
        found["inferred"] = {
            "coefficients": list(spec.inferred.coefficients),
            "covariance": list(spec.inferred.covariance),
            "least": list(spec.inferred.hull[0]),
            "most": list(spec.inferred.hull[1]),
        }
    return found
