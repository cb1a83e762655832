"""Targets: one device with its runtime and dtype, and the tables measured on it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from archlint.cost.kernels.kind import Kind
from archlint.cost.lowering.runtime_rules import RuntimeRules
from archlint.cost.pricing.family import FamilySpec
from archlint.cost.pricing.machine import UNTOLD, Machine
from archlint.cost.pricing.table import Row, Table
from archlint.cost.pricing.width_step import WIDTH_STEP
from archlint.cost.target_files import TargetFiles, rule_of_folder
from archlint.errors import TargetError
from archlint.limits.toml_file import read_toml

__all__ = [
    "Calibration",
    "Peak",
    "TableError",
    "Target",
    "load_target",
]


@dataclass(frozen=True, slots=True)
class Peak:
    """The device's specified limits, in FLOPs and bytes per second: no fit may be faster."""

    flops: float
    bandwidth: float


@dataclass(frozen=True, slots=True)
class TableError:
    """Absolute errors (shares of the time) of rows, each left out of the fit.

    `table` is the rule that asked for them, or the family that they are of.
    """

    table: str
    rows: int
    mean: float
    median: float
    p90: float


@dataclass(frozen=True, slots=True)
class Calibration:
    """How far predictions missed rows left out of the fit.

    `errors` are those of each table or family, `band_scale` the factor on the slow-downs'
    log standard deviation with which `coverage` of `pairs` left-out pairs of equal FLOPs fall
    within their 10th to 90th percentile; None where that is not known.  `price_scale` is that
    factor for single prices, of which `price_coverage` fall within their band.
    """

    errors: tuple[TableError, ...]
    band_scale: float
    coverage: float | None
    pairs: int
    price_scale: float = 1.0
    price_coverage: float | None = None


@dataclass(frozen=True, slots=True)
class Target:
    """One device + runtime + dtype (+ threads), and every row measured on it.

    `batches` is the least and the greatest batch that the target prices, `width_step` the least
    step of widths to propose; the rows may tell a greater one.
    `peak` is None where no limit is specified.  `marked` counts the rows that are left out
    because their sessions differ too much.  While a target is being measured it has no families
    yet.  `remark` is what whoever prices by it should see, "" for nothing.
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
    peak: Peak | None
    lowering: RuntimeRules
    families: tuple[FamilySpec, ...]
    calibration: Calibration
    rows: Sequence[Row]
    marked: int = 0
    machine: Machine = UNTOLD
    remark: str = ""
    width_step: int = WIDTH_STEP


_OLD = (
    "its rows lie in the old layout, a table for each rule; they are priced by as before, "
    "and `archlint measure` or `archlint verify --keep` moves them when it adds a row"
)


def load_target(files: TargetFiles) -> Target:
    """Read a target's file; its rows are read when they are needed.

    It is called what its folder is called, whatever the file says, for that is what finds it.
    Raises TargetError.
    """
    try:
        return _target(read_toml(files.file), files)
    except (OSError, KeyError, ValueError, TypeError) as fault:
        raise TargetError(f"{files.file}: not a target file: {fault}") from fault


_UNCALIBRATED: dict[str, Any] = {"errors": (), "band_scale": 1.0, "coverage": None, "pairs": 0}


def _target(data: dict[str, Any], files: TargetFiles) -> Target:
    lowering = RuntimeRules.parse(data["lowering"])
    low, high = data["batches"]
    return Target(
        name=files.name,
        device=data["device"],
        runtime=data["runtime"],
        dtype=data["dtype"],
        threads=data["threads"],
        layout=data["layout"],
        measured=data["measured"],
        source=data["source"],
        notes=tuple(data["notes"]),
        batches=(low, high),
        peak=Peak(**data["peak"]) if "peak" in data else None,
        lowering=lowering,
        families=tuple(_family(each, files) for each in data.get("families", ())),
        calibration=_calibration(data.get("calibration", _UNCALIBRATED)),
        rows=Table(*files.tables),
        marked=data.get("marked", 0),
        machine=Machine(
            block=1 if lowering.blocked is None else lowering.blocked.block,
            **data.get("machine", {}),
        ),
        remark=f"{files.name}: {_OLD}" if files.is_old else "",
        width_step=data.get("width_step", WIDTH_STEP),
    )


def _family(data: dict[str, Any], files: TargetFiles) -> FamilySpec:
    rule = data.get("differences_of", "")
    given: dict[str, Any] = {
        key: data[key] for key in ("lengths", "unlike", "band_scale", "context") if key in data
    }
    return FamilySpec(
        name=data["name"],
        kinds=tuple(map(Kind, data.get("kinds", ()))),
        borrows=tuple(map(Kind, data.get("borrows", ()))),
        terms=tuple(data["terms"]),
        differences_of=rule_of_folder(rule) if files.is_old else rule,
        spread=data["spread"],
        noise=data["noise"],
        **given,
    )


def _calibration(data: dict[str, Any]) -> Calibration:
    return Calibration(
        errors=tuple(TableError(**each) for each in data["errors"]),
        band_scale=data["band_scale"],
        coverage=data.get("coverage"),
        pairs=data["pairs"],
        price_scale=data.get("price_scale", data["band_scale"]),
        price_coverage=data.get("price_coverage"),
    )
