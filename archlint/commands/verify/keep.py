"""Keeping what verifying measured: rows for a table of the user's."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path
from statistics import fmean, median

from archlint.commands.verify.sessions import Timed
from archlint.cost.kernels.kernel import Kernel, parse_chain
from archlint.cost.pricing.table import Row
from archlint.cost.target import Target
from archlint.linter.registry import Located
from archlint.linter.target_places import user_folder
from archlint.measure.backend import Backend
from archlint.measure.fit.drift import Reference
from archlint.measure.fit.statistics import interval_of, quantile
from archlint.measure.session import SESSIONS
from archlint.measure.store import Store
from archlint.measure.target_file import reference_of
from archlint.results.verification import Kept

__all__ = ["Keeper"]

HOW = "archlint verify: in their place in a model"
SERIES = "verify"
SHARED = "targets"
"""The folder of rows that no rule owns, and of kernels like none that the target has."""


class Keeper:
    """Adds a row for each kernel measured that the target has none for.

    A row goes to the table of the folder that holds the target's rows of its operator: its own
    table, or for a target that comes with archlint one in the user's folder.  Kernels with too
    few sessions or too wide an interval are left out.
    """

    def __init__(self, located: Located, backend: Backend) -> None:
        place = located.place
        self._target, self._backend = located.target, backend
        self._reference: Reference = reference_of(place.file)
        folder: Path = user_folder() if place.is_shipped else place.folder
        self._store = Store(folder, place.name)
        self._known = {row.kernels for rows in located.target.tables.values() for row in rows}
        self._owner = _owners(located.target)
        self._rows = self._marked = self._already = 0

    def keep(self, timed: Sequence[Timed]) -> None:
        """Append what the sessions of a finding gave; raises MeasureError where that fails."""
        seconds = _by_kernel(timed)
        new = {kernel: times for kernel, times in seconds.items() if kernel.text not in self._known}
        self._already += len(seconds) - len(new)
        drift = self._reference.drift(self._backend) if new else 1.0
        rows = []
        for kernel, times in new.items():
            row = _row(kernel, times, drift, self._target.dtype)
            if len(times) < SESSIONS or row.marked:
                self._marked += 1
                continue
            rows.append((self._owner.get(_what(kernel), SHARED), row))
            self._known.add(kernel.text)
        if rows:
            with self._store.locked():
                for folder in {folder for folder, _ in rows}:
                    self._store.rows(folder)  # drops a line that a power cut tore off
                self._store.append(rows)
        self._rows += len(rows)

    def kept(self) -> Kept:
        """What was kept so far."""
        return Kept(self._rows, self._store.out.as_posix(), self._marked, self._already)


def _owners(target: Target) -> dict[str, str]:
    """The folder that holds the most rows of each operator type and conv kind alone."""
    count: dict[str, Counter[str]] = {}
    for folder, rows in target.tables.items():
        for row in rows:
            alike = {_what(kernel) for _, kernel in parse_chain(row.kernels)}
            if len(alike) == 1:
                count.setdefault(alike.pop(), Counter())[folder] += 1
    return {what: folders.most_common(1)[0][0] for what, folders in count.items()}


def _what(kernel: Kernel) -> str:
    return f"{kernel.kind.value} {kernel.op}"


def _by_kernel(timed: Iterable[Timed]) -> dict[Kernel, list[float]]:
    """Each kernel's seconds by session; where a session has it several times, their mean."""
    found: dict[Kernel, list[float]] = {}
    for place in timed:
        at: dict[Kernel, list[list[float]]] = {}
        for kernel, seconds, position in place.kernels:
            for session, times in enumerate(seconds.by_session):
                sessions = at.setdefault(kernel, [])
                while len(sessions) <= session:
                    sessions.append([])
                sessions[session].append(times[position])
        for kernel, sessions in at.items():
            found.setdefault(kernel, []).extend(map(fmean, sessions))
    return found


def _row(kernel: Kernel, seconds: Sequence[float], drift: float, dtype: str) -> Row:
    def rounded(value: float) -> float:
        return float(f"{value:.6g}")

    return Row(
        kernels=kernel.text,
        series=SERIES,
        dtype=dtype,
        batch=kernel.batch,
        layout="",
        sessions=len(seconds),
        median_s=rounded(median(seconds) / drift),
        p10_s=rounded(quantile(seconds, 0.1) / drift),
        p90_s=rounded(quantile(seconds, 0.9) / drift),
        interval=float(f"{interval_of(seconds):.4f}"),
        measured=date.today().isoformat(),
        how=HOW,
        uncorrected_s=rounded(median(seconds)),
    )
