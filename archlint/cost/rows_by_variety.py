"""The rows of a target whose kernels were measured one by one, by variety."""

from __future__ import annotations

from functools import cached_property

from archlint.cost.kernels.kernel import Kernel, parse_term
from archlint.cost.pricing.observation import Observation
from archlint.cost.pricing.table import Table
from archlint.cost.pricing.variety import sort_of, variety_of
from archlint.cost.target import Target
from archlint.errors import TargetError

__all__ = ["RowsByVariety"]


class RowsByVariety:
    """Reads a text only when its sort of kernel is first asked for.

    Most models need but a few sorts, and reading is what takes the time.
    """

    def __init__(self, target: Target) -> None:
        self._target = target
        self._rows: dict[str, list[Observation]] = {}
        self.carried: set[Kernel] = set()
        """The kernels read so far whose rows were carried over from another target."""

    @cached_property
    def _texts(self) -> dict[str, list[tuple[str, int]]]:
        """The texts that nobody asked for yet, by sort, with their places."""
        rows, by_sort = self._target.rows, dict[str, list[tuple[str, int]]]()
        texts = rows.texts() if isinstance(rows, Table) else [row.kernels for row in rows]
        for at, text in enumerate(texts):
            by_sort.setdefault(sort_of(text), []).append((text, at))
        return by_sort

    def of(self, kernel: Kernel, variety: str) -> list[Observation]:
        """The rows of the variety that this kernel is of; raises TargetError for a bad one."""
        rows, held = self._target.rows, self._target.held
        for text, at in self._texts.pop(sort_of(kernel.text), ()):
            if isinstance(rows, Table):
                told = rows.observed(at, held)
            else:
                told = rows[at].seconds(held), rows[at].scatter, rows[at].marked
            try:
                count, each = parse_term(text)
            except ValueError as fault:
                reason = f"{self._target.name}: not a row of one kernel: {fault}"
                raise TargetError(reason) from fault
            self._rows.setdefault(variety_of(each), []).append(Observation(((count, each),), *told))
            if rows.carried(at) if isinstance(rows, Table) else rows[at].carried:
                self.carried.add(each)
        return self._rows.get(variety, [])
