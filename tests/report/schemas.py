"""The schemas of `tests/data`, and what they say against a document."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema  # type: ignore[import-untyped]  # it comes without types

__all__ = ["DATA", "faults_by"]

DATA = Path(__file__).parents[1] / "data"


def faults_by(schema: str, text: str) -> list[str]:
    """The faults of a JSON document by the schema in this file."""
    loaded: Any = json.loads((DATA / schema).read_text(encoding="utf-8"))
    validator = jsonschema.validators.validator_for(loaded)(loaded)
    return [f"{each.json_path}: {each.message}" for each in validator.iter_errors(json.loads(text))]
