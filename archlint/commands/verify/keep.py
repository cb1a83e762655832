"""Keeping what verifying measured: rows of the user's."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date
from statistics import fmean, median

from archlint.commands.verify.sessions import Timed
from archlint.cost.kernels.kernel import Kernel
from archlint.cost.pricing.table import SHARED, Row
from archlint.cost.target import Target
from archlint.linter.registry import Located
from archlint.linter.target_places import old_folder
from archlint.measure.backend import Backend
from archlint.measure.fit.drift import Reference
from archlint.measure.fit.statistics import interval_of, quantile
from archlint.measure.session import SESSIONS
from archlint.measure.store import Store
from archlint.measure.target_file import put_sections, reference_of
from archlint.results.verification import Kept

__all__ = ["Keeper"]

HOW = "archlint verify: in their place in a model"
SERIES = "verify"


class Keeper:
    """Adds a row for each kernel measured that the target has none for.

    A row is of the rule that has most of the target's rows of its operator, or of none.  It goes
    to the target's own rows, or for a target that comes with archlint to the user's folder.
    Kernels with too few sessions or too wide an interval are left out.
    """

    def __init__(self, located: Located, backend: Backend) -> None:
        place = located.place
        self._target, self._backend = located.target, backend
        self._reference: Reference = reference_of(place.file)
        self._store = Store(place.home, place.name, old_folder(place.home))
        self._known = {row.kernels for row in located.target.rows if not row.carried}
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
            rule = self._owner.get(_what(kernel), SHARED)
            row = _row(rule, kernel, times, drift, self._target.dtype)
            if len(times) < SESSIONS or row.marked:
                self._marked += 1
                continue
            rows.append(row)
            self._known.add(kernel.text)
        if rows:
            with self._store.locked():
                self._store.rows()  # drops a line that a power cut tore off
                self._store.append(rows)
                if self._store.file.exists():  # else they are added to a shipped target's
                    put_sections(self._store.file, {"rows": self._store.count()})
        self._rows += len(rows)

    def kept(self) -> Kept:
        """What was kept so far."""
        return Kept(self._rows, self._store.out.as_posix(), self._marked, self._already)


def _owners(target: Target) -> dict[str, str]:
    """The rule with the most rows of each operator type and conv kind alone."""
    count: dict[str, Counter[str]] = {}
    for row in target.rows:
        alike = {_what(kernel) for _, kernel in row.chain}
        if len(alike) == 1:
            count.setdefault(alike.pop(), Counter())[row.rule] += 1
    return {what: rules.most_common(1)[0][0] for what, rules in count.items()}


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


def _row(rule: str, kernel: Kernel, seconds: Sequence[float], drift: float, dtype: str) -> Row:
    def rounded(value: float) -> float:
        return float(f"{value:.6g}")

    return Row(
        rule=rule,
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
