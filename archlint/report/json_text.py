"""How all commands write JSON: rounded, in ASCII, with the version of its form."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from enum import Enum
from hashlib import sha256
from typing import TYPE_CHECKING

from archlint.report.escape import COMMAND

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

__all__ = ["SCHEMA_VERSION", "Json", "checksum", "dumped", "members", "ms", "plain", "rounded"]

SCHEMA_VERSION = 2
"""Of the JSON of all commands together: it rises with every incompatible change of one."""

Json = Mapping[str, object]
"""An object of JSON."""

_NUMBERS = re.compile(r"\[\n\s+(-?\d+(?:,\n\s+-?\d+)*)\n\s+\]")


def dumped(document: Json | Sequence[Json]) -> str:
    """A document as text, its keys in the order given; shapes stand in one line."""
    text = json.dumps(document, indent=2, allow_nan=False)
    # in JSON a line break is never inside a string
    text = _NUMBERS.sub(lambda each: f"[{' '.join(each[1].split())}]", text)
    # it may be printed into the log of a CI, and two such signs are only ever in a string
    return COMMAND.sub(r"#\\u0023", text) + "\n"


def checksum(document: Json) -> str:
    """A hash of what a document says, however it is laid out; raises ValueError for NaN."""
    text = json.dumps(document, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return sha256(text.encode()).hexdigest()


def rounded(number: float) -> float:
    """Six significant digits: more than any measurement has, and the same on every machine."""
    return float(f"{number:.6g}")


def ms(seconds: float) -> float:
    """Seconds as milliseconds, rounded."""
    return rounded(seconds * 1e3)


def plain(value: object) -> object:
    """Any typed value (a rule's evidence) as JSON holds it: dataclasses become objects."""
    if is_dataclass(value) and not isinstance(value, type):
        return members(value)
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Mapping):
        return {str(key): plain(each) for key, each in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [plain(each) for each in value]
    if isinstance(value, float):
        return rounded(value)
    return value if value is None or isinstance(value, str | int) else str(value)


def members(value: DataclassInstance) -> Json:
    """The fields of a dataclass by name."""
    return {field.name: plain(getattr(value, field.name)) for field in fields(value)}
