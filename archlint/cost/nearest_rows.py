"""The measured rows that are nearest to a kernel: what its price rests on, for a reader to see."""

from __future__ import annotations

from math import inf

import numpy as np

from archlint.cost.kernels.kernel import Kernel
from archlint.cost.pricer import Pricer
from archlint.cost.pricing.columns import Array, Columns
from archlint.cost.pricing.family import Family, describe
from archlint.cost.pricing.table import Row
from archlint.cost.pricing.variety import sort_of, variety_of

__all__ = ["NearestRows"]

UNLIKE = 1.0
"""How much further, in lengths of the features, a row of another operator is."""


class NearestRows:
    """Finds rows on one target; all of its rows are read when the first kernel is asked for."""

    def __init__(self, pricer: Pricer) -> None:
        self._pricer = pricer
        self._members: dict[str, tuple[list[Row], list[Kernel], Array]] = {}

    def near(self, kernel: Kernel, most: int) -> tuple[Row, ...]:
        """At most so many rows of like kernels, the nearest first; none without a price."""
        family = self._pricer.family(kernel)
        if family is None or family.spec.inferred is not None:
            return ()
        rows, kernels, points = self._of(kernel, family)
        if not rows:
            return ()
        here = describe(family.lengths, Columns([kernel]), family.machine)[0]
        lengths = np.array([each if each < inf else np.inf for each in family.lengths.values()])
        distance = np.sqrt((((points - here) / lengths) ** 2).sum(axis=1))
        distance += [0.0 if each.op == kernel.op else UNLIKE for each in kernels]
        found: dict[int, Row] = {}
        for at in np.argsort(distance, kind="stable"):
            found.setdefault(id(rows[at]), rows[at])
            if len(found) == most:
                break
        return tuple(found.values())

    def _of(self, kernel: Kernel, family: Family) -> tuple[list[Row], list[Kernel], Array]:
        """The rows with a kernel that the family's fit rests on, that kernel, and where it is."""
        kinds = family.spec.kinds
        name = family.spec.name
        if name not in self._members:
            sort = sort_of(kernel.text)
            rows, kernels = [], []
            for row in self._pricer.target.rows:
                if not kinds and sort_of(row.kernels) != sort:
                    continue
                for _, one in row.chain:
                    if one.kind in kinds if kinds else variety_of(one) == name:
                        rows.append(row)
                        kernels.append(one)
            points = describe(family.lengths, Columns(kernels), family.machine)
            self._members[name] = rows, kernels, points
        return self._members[name]
