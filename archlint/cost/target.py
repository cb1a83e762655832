"""Targets: one device with its runtime and dtype, and the tables measured on it."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from archlint.cost.family import FamilySpec
from archlint.cost.kind import Kind
from archlint.cost.table import Row, read_table
from archlint.errors import TargetError

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

__all__ = [
    "Calibration",
    "Lowering",
    "Peak",
    "TableError",
    "Target",
    "list_targets",
    "load_target",
]


@dataclass(frozen=True, slots=True)
class Lowering:
    """What the runtime does to operators before it runs them.

    `fold` are operators that vanish into the conv or product before them, `fuse` activations
    that become an epilogue of a kernel of the kinds `fuse_into`.
    """

    fold: frozenset[str]
    fuse: frozenset[str]
    fuse_into: frozenset[Kind]


@dataclass(frozen=True, slots=True)
class Peak:
    """The device's specified limits, in FLOPs and bytes per second: no fit may be faster."""

    flops: float
    bandwidth: float


@dataclass(frozen=True, slots=True)
class TableError:
    """Absolute errors (shares of the time) of a table's rows, each left out of the fit."""

    table: str
    rows: int
    mean: float
    median: float
    p90: float


@dataclass(frozen=True, slots=True)
class Calibration:
    """How far predictions missed rows left out of the fit.

    `errors` are those of each table, `band_scale` the factor on the slow-downs'
    log standard deviation with which `coverage` of `pairs` left-out pairs of equal FLOPs fall
    within their 10th to 90th percentile.
    """

    errors: tuple[TableError, ...]
    band_scale: float
    coverage: float
    pairs: int


@dataclass(frozen=True, slots=True)
class Target:
    """One device + runtime + dtype (+ threads), and every row measured on it.

    `tables` maps a rule folder's name to its rows.  `batches` is the least and the greatest
    batch that the target prices, `alignment` what a proposed channel width is a multiple of.
    """

    name: str
    device: str
    runtime: str
    dtype: str
    threads: str
    layout: str
    measured: str
    source: str
    notes: tuple[str, ...]
    batches: tuple[int, int]
    alignment: int
    peak: Peak
    lowering: Lowering
    families: tuple[FamilySpec, ...]
    calibration: Calibration
    tables: Mapping[str, tuple[Row, ...]]


def list_targets(folders: Iterable[Path]) -> dict[str, Path]:
    """Target name -> its TOML file, over the `targets` folders given."""
    return {file.stem: file for folder in folders for file in sorted(folder.glob("targets/*.toml"))}


def load_target(file: Path, folders: Sequence[Path]) -> Target:
    """Read a target file and its tables in the rule folders; raises TargetError."""
    try:
        with file.open("rb") as stream:
            data = tomllib.load(stream)
        tables = {
            table.parents[1].name: read_table(table)
            for folder in folders
            for table in sorted(folder.glob(f"*/costs/{file.stem}.csv"))
        }
        return _target(data, tables)
    except (OSError, tomllib.TOMLDecodeError, KeyError, ValueError, TypeError) as fault:
        raise TargetError(f"{file.name}: not a target file: {fault}") from fault


def _target(data: dict[str, Any], tables: Mapping[str, tuple[Row, ...]]) -> Target:
    lowering, calibration = data["lowering"], data["calibration"]
    low, high = data["batches"]
    return Target(
        name=data["name"],
        device=data["device"],
        runtime=data["runtime"],
        dtype=data["dtype"],
        threads=data["threads"],
        layout=data["layout"],
        measured=data["measured"],
        source=data["source"],
        notes=tuple(data["notes"]),
        batches=(low, high),
        alignment=data["alignment"],
        peak=Peak(**data["peak"]),
        lowering=Lowering(
            fold=frozenset(lowering["fold"]),
            fuse=frozenset(lowering["fuse"]),
            fuse_into=frozenset(map(Kind, lowering["fuse_into"])),
        ),
        families=tuple(
            FamilySpec(
                name=family["name"],
                kinds=tuple(map(Kind, family["kinds"])),
                borrows=tuple(map(Kind, family["borrows"])),
                terms=tuple(family["terms"]),
                differences_of=family.get("differences_of", ""),
                spread=family["spread"],
                noise=family["noise"],
            )
            for family in data["families"]
        ),
        calibration=Calibration(
            errors=tuple(TableError(**each) for each in calibration["errors"]),
            band_scale=calibration["band_scale"],
            coverage=calibration["coverage"],
            pairs=calibration["pairs"],
        ),
        tables=tables,
    )
