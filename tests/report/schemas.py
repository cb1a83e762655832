"""The schemas of `tests/data` and of the formats' consumers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema  # type: ignore[import-untyped]  # it comes without types

DATA = Path(__file__).parents[1] / "data"


def sarif_faults(text: str) -> list[str]:
    """What the SARIF schema says against a document."""
    schema: Any = json.loads((DATA / "sarif-2.1.0.json").read_text(encoding="utf-8"))
    validator = jsonschema.Draft202012Validator(schema)
    return [f"{each.json_path}: {each.message}" for each in validator.iter_errors(json.loads(text))]
