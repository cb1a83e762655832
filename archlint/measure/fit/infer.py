"""What kinds of kernel take, inferred from the times of whole networks."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from archlint.cost.kernels.kernel import Kernel
from archlint.cost.pricing.columns import Columns
from archlint.cost.pricing.family import FamilySpec, Inferred, terms_of
from archlint.cost.pricing.machine import UNTOLD, Machine
from archlint.cost.pricing.variety import variety_of
from archlint.measure.fit.network_row import NetworkRow, weights_of

__all__ = ["Believed", "Prior", "infer"]

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Believed:
    """What is believed of a term before the first network: seconds for one, and how surely.

    `doubt` is the standard deviation of its log.  Terms of one `kin` are off together besides: a
    device whose memory is slow is so for all kernels.
    """

    seconds: float
    doubt: float
    kin: str = ""


Prior = Callable[[str], Mapping[str, Believed]]
"""The terms of a variety of kernels; empty for one that is to stay without a price."""

SCALE = 1.0
"""The doubt about all coefficients together."""

KIN = 0.5
"""The doubt about all of one kin together."""

_LEAST_ERROR = 0.04
"""Networks differ by so much (log) from one run to the next, whatever the coefficients."""

_STEPS, _LONGEST, _ENOUGH = 60, 1.0, 1e-5

_SPREAD, _NOISE, _CONTEXT = 0.2, 0.05, 0.03
"""How far (log) kernels are off their family's terms: alike ones, each of its own, and all.

Sums of networks do not tell these apart; bands are scaled to what is left out.
"""


def infer(
    rows: Sequence[NetworkRow],
    prior: Prior,
    machine: Machine = UNTOLD,
    untimed: Sequence[NetworkRow] = (),
) -> tuple[FamilySpec, ...]:
    """The families of a target, by variety.

    Of `untimed` rows the kernels alone are looked at: what only they have is priced as believed.

    The sum of all terms of a network is fitted to its time in logs: coefficients are those
    believed times e^theta, theta normal around 0, found by Gauss-Newton steps.  Networks that are
    far off weigh less (Cauchy), so that one whose kernels are not what was run spoils no other.
    The posterior's covariance says how well each coefficient is told.
    """
    families = _Families(prior, machine)
    design = np.array([families.terms_of_row(row) for row in rows])
    for row in untimed:
        families.terms_of_row(row)
    design = design[:, : len(families.believed)]
    believed = np.array([each.seconds for each in families.believed])
    times = np.log(np.array([row.seconds for row in rows]))
    # each coefficient's log is the scale of all, plus its kin's, plus its own
    kins = sorted({each.kin for each in families.believed if each.kin})
    members = [[each.kin == kin for each in families.believed] for kin in kins]
    spread_out = np.column_stack([np.ones(len(believed)), *members, np.eye(len(believed))])
    own = [each.doubt for each in families.believed]
    doubt = np.array([SCALE, *(KIN for _ in kins), *own])
    weights = np.array(weights_of(rows))
    theta, covariance = _solve(design * believed, spread_out, times, weights, doubt)
    logs, together = spread_out @ theta, spread_out @ covariance @ spread_out.T
    return tuple(
        FamilySpec(
            name=name,
            kinds=(),
            borrows=(),
            terms=tuple(terms),
            differences_of="",
            spread=_SPREAD,
            noise=_NOISE,
            context=_CONTEXT,
            inferred=Inferred(
                coefficients=tuple(
                    _rounded(believed[at] * np.exp(logs[at])) for at in terms.values()
                ),
                covariance=tuple(
                    _rounded(together[i, j]) for i in terms.values() for j in terms.values()
                ),
                hull=families.hull(name),
            ),
        )
        for name, terms in sorted(families.places.items())
    )


class _Families:
    """The varieties that rows have, and where each one's terms are among all terms."""

    def __init__(self, prior: Prior, machine: Machine) -> None:
        self._prior, self._machine = prior, machine
        self.places: dict[str, dict[str, int]] = {}
        self.believed: list[Believed] = []
        self._sizes: dict[str, list[Array]] = defaultdict(list)

    def terms_of_row(self, row: NetworkRow) -> Array:
        """One of each term, summed over the row's kernels; a kernel without a price adds none."""
        members: dict[str, list[tuple[int, Kernel]]] = defaultdict(list)
        for count, kernel in row.kernels:
            members[variety_of(kernel)].append((count, kernel))
        found = np.zeros(_MOST)
        for name, kernels in members.items():
            places = self._placed(name)
            if not places:
                continue
            columns = Columns([kernel for _, kernel in kernels])
            counts = np.array([count for count, _ in kernels], dtype=float)
            found[list(places.values())] += counts @ terms_of(tuple(places), columns, self._machine)
            sizes = np.log2(np.maximum(np.array([columns.flops, columns.mac]), 1.0))
            self._sizes[name].append(np.array([sizes.min(axis=1), sizes.max(axis=1)]))
        return found

    def _placed(self, name: str) -> Mapping[str, int]:
        if name not in self.places:
            terms = self._prior(name)
            start = len(self.believed)
            self.believed.extend(terms.values())
            if len(self.believed) > _MOST:
                raise ValueError("more terms than networks can tell")
            if not terms:
                return {}
            self.places[name] = {term: start + at for at, term in enumerate(terms)}
        return self.places[name]

    def hull(self, name: str) -> tuple[tuple[float, float], tuple[float, float]]:
        """The least and the greatest FLOPs and bytes of the variety's kernels, in octaves."""
        sizes = np.array(self._sizes[name])
        low, high = sizes[:, 0].min(axis=0), sizes[:, 1].max(axis=0)
        return (_rounded(low[0]), _rounded(low[1])), (_rounded(high[0]), _rounded(high[1]))


_MOST = 256
"""Terms of all families together."""


def _solve(
    parts: Array, spread_out: Array, times: Array, weights: Array, doubt: Array
) -> tuple[Array, Array]:
    """The logs of the factors on all parts, on those of a kin and on each, and their covariance."""
    theta, error = np.zeros(len(doubt)), 2 * _LEAST_ERROR
    belief = np.diag(doubt**-2)
    # first the scale alone, from which all steps are short
    theta[0] = np.median(times - np.log(parts.sum(axis=1)))
    for _ in range(_STEPS):
        seconds = parts * np.exp(spread_out @ theta)
        whole = seconds.sum(axis=1)
        left = times - np.log(whole)
        shares = (seconds / whole[:, None]) @ spread_out
        error = max(_LEAST_ERROR, float(np.median(np.abs(left))) * 1.48)
        pull = weights / (1 + (left / (2 * error)) ** 2) / error**2
        certainty = (shares.T * pull) @ shares + belief
        step = np.linalg.solve(certainty, (shares.T * pull) @ left - belief @ theta)
        longest = float(np.abs(step).max())
        theta += step * min(1.0, _LONGEST / longest)
        if longest < _ENOUGH:
            break
    covariance: Array = np.linalg.inv(certainty)
    return theta, covariance


def _rounded(value: float) -> float:
    return float(f"{value:.4g}")
