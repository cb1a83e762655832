"""The user's file of times: network, batch, ms, and what else may be said of each."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from archlint.cost.pricing.row import seconds_of
from archlint.errors import UsageError
from archlint.limits.files import read_bounded

__all__ = ["Timed", "read_times"]

_NEEDED = ("network", "batch", "ms")
_ELSE = {"image": "224", "family": ""}
"""What a file may say besides, and what it is taken for where it does not."""


@dataclass(frozen=True, slots=True)
class Timed:
    """A network of timm or a path that ends in ".onnx", and the time of one batch.

    `family` are networks that are alike: they are left out together.
    """

    network: str
    batch: int
    seconds: float
    image: int
    family: str


def read_times(path: Path) -> list[Timed]:
    """The rows of the file; raises UsageError, naming the line of a bad one."""
    try:
        text = read_bounded(path).decode()
    except (OSError, ValueError) as fault:
        raise UsageError(f"{path}: cannot be read: {fault}") from fault
    lines = csv.DictReader(io.StringIO(text))
    columns = lines.fieldnames or ()
    if not set(_NEEDED) <= set(columns) <= {*_NEEDED, *_ELSE}:
        may = ", ".join((*_NEEDED, *(f"[{name}]" for name in _ELSE)))
        raise UsageError(f"{path}:1: expected the columns {may}, found {', '.join(columns)}")
    found: list[Timed] = []
    for number, line in enumerate(lines, 2):
        try:
            found.append(_timed(line))
        except (ValueError, TypeError) as fault:
            raise UsageError(f"{path}:{number}: {fault}") from fault
    return found


def _timed(line: Mapping[str, str | None]) -> Timed:
    cells = {name: line.get(name) or default for name, default in _ELSE.items()}
    network, batch = line["network"] or "", int(line["batch"] or "")
    if not network or batch < 1 or int(cells["image"]) < 1:
        raise ValueError("expected a network, and a batch and an image of 1 and more")
    return Timed(
        network=network,
        batch=batch,
        seconds=seconds_of("ms", str(float(line["ms"] or "") / 1e3)),
        image=int(cells["image"]),
        family=cells["family"] or network,
    )
