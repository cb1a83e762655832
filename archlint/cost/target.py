"""Targets: one device with its runtime and dtype, and the tables measured on it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

import numpy as np
from numpy.typing import NDArray

from archlint.cost.cpu import Cpu
from archlint.cost.kernels.kind import Kind
from archlint.cost.lowering.runtime_rules import RuntimeRules
from archlint.cost.pricing.family import FamilySpec, Inferred
from archlint.cost.pricing.machine import UNTOLD, Machine
from archlint.cost.pricing.table import Row, Table, TableText
from archlint.cost.pricing.width_step import WIDTH_STEP
from archlint.cost.target_files import TargetFiles, rule_of_folder
from archlint.cost.target_shape import faults
from archlint.cost.toml_shape import line_of
from archlint.errors import TargetError
from archlint.limits.files import read_bounded
from archlint.limits.toml_file import parse_toml

__all__ = [
    "Calibration",
    "Counted",
    "Peak",
    "TableError",
    "Target",
    "Transfer",
    "checksum_of",
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
class Transfer:
    """How the rows of another target, the base, were carried over to this one.

    What takes t seconds on the base's `device` takes `factor` t here, and `launch` more where the
    last cache holds all that its network runs through, by so many `kernels` measured here; `low`
    and `high` are the ends of the factor's 95 % interval.
    """

    base: str
    device: str
    factor: float
    low: float
    high: float
    launch: float
    kernels: int

    def seconds(self, base: NDArray[np.float64], cached: NDArray[np.bool_]) -> NDArray[np.float64]:
        """The times here of what takes so long on the base; a launch takes not all of one.

        `cached` says of each whether the last cache holds its network.
        """
        least: NDArray[np.float64] = LEAST * self.factor * base
        return np.maximum(self.factor * base + self.launch * cached, least)


LEAST = 0.3
"""The least share of factor times base that a launch leaves of a time."""


@dataclass(frozen=True, slots=True)
class Counted:
    """What a target's file says of its rows: how many each rule has, and a checksum of it all.

    The checksum is of `said`, that of all else in the file, and of the rows' (see `checksum_of`).
    Without rows and with "" it says nothing, as a file does that is written by hand.
    """

    rows: Mapping[str, int] = field(default_factory=dict)
    checksum: str = ""
    said: str = ""

    def fits(self, tables: Sequence[TableText]) -> bool:
        """Whether these are the rows, and the file is as it was, where it has a checksum."""
        return not self.checksum or [self.checksum] == [_joined(self.said, each) for each in tables]


def checksum_of(data: Mapping[str, Any], table: TableText) -> str:
    """The checksum for a target's file with this data, beside this table."""
    return _joined(_said(data), table)


def _joined(said: str, table: TableText) -> str:
    return sha256(f"{said} {table.checksum}".encode()).hexdigest()


def _said(data: Mapping[str, Any]) -> str:
    """The checksum of all that a target's file says, whatever its comments and its layout."""
    rest = {key: value for key, value in data.items() if key != "checksum"}
    return sha256(json.dumps(rest, sort_keys=True).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Target:
    """One device + runtime + dtype (+ threads), and every row measured on it.

    `batches` is the least and the greatest batch that the target prices, `width_step` the least
    step of widths to propose; the rows may tell a greater one. `peak` is None where no limit is
    specified.  `marked` counts the rows whose sessions differ too much for a price of their own:
    they tell as little as these let them.  While a target is being measured it has no families yet,
    or is `unfinished`.  `transfer` tells how rows of another target were carried over to this one,
    None where there are none.  `remark` is what whoever prices by it should see, "" for nothing.
    `cpu` is None where nothing is told of one.
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
    cpu: Cpu | None = None
    remark: str = ""
    width_step: int = WIDTH_STEP
    counted: Counted = Counted()
    unfinished: bool = False
    transfer: Transfer | None = None

    @property
    def is_finished(self) -> bool:
        """Whether its measuring has come to an end, so that it can be priced for."""
        return bool(self.families) and not self.unfinished

    def prices(self, batch: int | None) -> bool:
        """Whether it prices models of this batch; None for one that has none."""
        return batch is None or self.batches[0] <= batch <= self.batches[1]

    @property
    def held(self) -> frozenset[int]:
        """The levels of rotation (MB) that a cache holds whole: see `undisturbed`.

        Empty where a level tells of weights alone: what moves beside them may be more.
        """
        if not self.lowering.whole_rotation:
            return frozenset()
        return frozenset(
            level for level in self.lowering.rotation if 1e6 * level < self.machine.far
        )

    @property
    def is_measured(self) -> bool:
        """Whether its prices come from rows, all measured on its device, and it is finished."""
        return self.is_finished and self.transfer is None and not self.is_inferred

    @property
    def is_inferred(self) -> bool:
        """Whether its prices come from times of whole networks."""
        return any(each.inferred for each in self.families)


_OLD = (
    "its rows lie in the old layout, a table for each rule; they are priced by as before, "
    "and `archlint measure` or `archlint verify --keep` moves them when it adds a row"
)


def load_target(files: TargetFiles) -> Target:
    """Read a target's file; its rows are read when they are needed (see `check_table`).

    It is called what its folder is called, whatever the file says, for that is what finds it.
    Raises TargetError, naming the line where it can.
    """
    try:
        raw = read_bounded(files.file)
        data = parse_toml(raw)
    except (OSError, ValueError) as fault:
        raise TargetError(f"{files.file}: not a target file: {fault}") from fault
    for path, wrong in faults(data):
        where = "".join(f"{each}: " for each in _named(path))
        raise TargetError(f"{files.file}:{line_of(raw.decode(), path)}: {where}{wrong}")
    return _target(data, files)


def _named(path: Sequence[str | int]) -> list[str]:
    """The parts of a path in words: the numbers of lists count from 1."""
    named: list[str] = []
    for part in path:
        if isinstance(part, int):
            named[-1] += f" {part + 1}"
        else:
            named.append(part)
    return named


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
        cpu=Cpu.parse(data["cpu"]) if "cpu" in data else None,
        remark=f"{files.name}: {_OLD}" if files.is_old else "",
        width_step=data.get("width_step", WIDTH_STEP),
        counted=Counted(data.get("rows", {}), data.get("checksum", ""), _said(data)),
        unfinished=data.get("unfinished", False),
        transfer=Transfer(**data["transfer"]) if "transfer" in data else None,
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
        inferred=_inferred(data["inferred"]) if "inferred" in data else None,
        **given,
    )


def _inferred(data: dict[str, Any]) -> Inferred:
    return Inferred(
        coefficients=tuple(data["coefficients"]),
        covariance=tuple(data["covariance"]),
        hull=(tuple(data["least"]), tuple(data["most"])),
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
