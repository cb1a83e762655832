"""The file of a measured target: what was measured on, and how far the measuring got."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import tomli
import tomli_w

from archlint.cost.lowering.runtime_rules import RuntimeRules
from archlint.cost.pricing.table import TableFile
from archlint.cost.target import checksum_of
from archlint.cost.target_files import ROWS
from archlint.errors import MeasureError
from archlint.limits.toml_file import read_toml
from archlint.measure.backend import Backend
from archlint.measure.fit.drift import Reference
from archlint.whole_file import write_whole

__all__ = ["TargetFile", "base_of", "put_sections", "reference_of"]

_LEVELS = "rotation", "whole_rotation"

HEAD = "# Written by `archlint measure`, which goes on from here.\n"


class TargetFile:
    """The TOML file of a target that `backend` measures, read if it is there.

    What is not the measuring's own (families, calibration) is kept as it stands.  Raises
    MeasureError where the file is of another device, runtime, dtype or thread number.
    """

    def __init__(self, path: Path, backend: Backend) -> None:
        self.path = path
        self._data = _read(path)
        provenance = backend.provenance()
        now: dict[str, Any] = {
            "name": path.parent.name,
            "device": provenance.device,
            "runtime": provenance.runtime,
            "dtype": provenance.dtype,
            "threads": str(provenance.threads or ""),
        }
        _compare(path, self._data, now)
        fresh: dict[str, Any] = {
            **now,
            "layout": "",
            "started": "",
            "measured": "",
            "source": "archlint measure",
            "notes": [],
            "batches": [],
            "simd": provenance.simd,
            **({} if provenance.cpu is None else {"cpu": provenance.cpu.table}),
            "machine": dict(zip(("near", "far"), backend.caches(), strict=True)),
            "marked": 0,
            "versions": dict(provenance.versions),
            "rows": {},
            "lowering": _at_levels_of(self._data, _lowering(backend)),
        }
        kept = ("started", "measured", "batches", "notes", "rows", "marked")
        before = {key: self._data[key] for key in kept if key in self._data}
        self._data = {**self._data, **fresh, **before}

    @property
    def lowering(self) -> RuntimeRules:
        """What the backend does to operators, at the levels of rotation that the rows are of."""
        return RuntimeRules.parse(self._data["lowering"])

    @property
    def reference(self) -> Reference | None:
        """The reference medley that the drift is told by, None before the first run."""
        return _reference(self._data)

    def begin(self, reference: Reference, batches: tuple[int, int], today: str) -> None:
        """Write what is known before the first row."""
        # until the end its rows and what is told of them come one after the other
        self._data["unfinished"] = True
        self._data["started"] = self._data["started"] or today
        self._data["measured"] = self._data["measured"] or today
        low, high = (*self._data["batches"], *batches)[:2]
        self._data["batches"] = [min(low, batches[0]), max(high, batches[1])]
        self._data["reference"] = {
            "kernels": list(reference.kernels),
            "seconds": [float(f"{each:.6g}") for each in reference.seconds],
        }
        self._write()

    def put(self, sections: Mapping[str, Any]) -> None:
        """Have `end` write these tables and keys, or leave out those that are None."""
        self._data.update(sections)
        self._data = {key: value for key, value in self._data.items() if value is not None}

    def end(self, rows: Mapping[str, int], marked: int, today: str) -> None:
        """Write how many rows each rule has, and how many of all are marked."""
        self._data.update(rows=dict(rows), marked=marked, measured=today)
        self._data.pop("unfinished", None)
        self._write()

    def _write(self) -> None:
        _write(self.path, self._data)


def _at_levels_of(before: Mapping[str, Any], lowering: dict[str, Any]) -> dict[str, Any]:
    """A table goes on at the levels that it was begun with."""
    old = before.get("lowering")
    if old is None:
        return lowering
    own = {key: value for key, value in lowering.items() if key not in _LEVELS}
    return own | {key: old[key] for key in _LEVELS if key in old}


def _lowering(backend: Backend) -> dict[str, Any]:
    table: dict[str, Any] = tomli.loads(backend.lowering())["lowering"]
    return table


def reference_of(path: Path) -> Reference:
    """The reference medley of a target's file; raises MeasureError if it has none."""
    reference = _reference(_read(path))
    if reference is None:
        raise MeasureError(f"{path}: it has no reference medley: it was not measured by archlint")
    return reference


def base_of(path: Path) -> str:
    """The base that a target's file was carried over from; "" where there is none."""
    base: str = _read(path).get("transfer", {}).get("base", "")
    return base


def _reference(data: Mapping[str, Any]) -> Reference | None:
    table = data.get("reference")
    return table and Reference(tuple(table["kernels"]), tuple(table["seconds"]))


def put_sections(path: Path, tables: Mapping[str, Any]) -> None:
    """Set these top-level tables and keys in a target file, in place of its own."""
    _write(path, {**_read(path), **tables})


def _write(path: Path, data: Mapping[str, Any]) -> None:
    """Write the file whole or not at all, with its checksum once it is finished."""
    data = {key: value for key, value in data.items() if key != "checksum"}
    table = TableFile(path.with_name(ROWS))
    if "unfinished" not in data and table.path.exists():
        data["checksum"] = checksum_of(data, table.read())
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, (HEAD + tomli_w.dumps(data)).encode(), lasting=True)


def _read(path: Path) -> dict[str, Any]:
    try:
        return read_toml(path)
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as fault:
        raise MeasureError(f"{path}: not a target file: {fault}") from fault


def _compare(path: Path, before: Mapping[str, Any], now: Mapping[str, Any]) -> None:
    """Rows of two machines must not stand in one table."""
    differ = [
        f'{key} was "{before.get(key, "")}" and is "{value}"'
        for key, value in now.items()
        if before and before.get(key, "") != value
    ]
    if differ:
        raise MeasureError(
            f"{path}: measured on something else: {', '.join(differ)} (give another --target)"
        )
