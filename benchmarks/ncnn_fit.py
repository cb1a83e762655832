"""What all devices together say of ncnn's kernels, which is believed of each before its own times.

Coefficients of kinds of kernel, in proportion to each other, are fitted to the times of all
settings at once, each setting with a scale of its own; a device's own are then inferred as those
of other targets are, shrunk towards these (`archlint.measure.fit.infer`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import cache

import numpy as np
from ncnn_facts import settings
from numpy.typing import NDArray

from archlint.cost.kernels.kernel import Kernel
from archlint.cost.pricing.columns import Columns
from archlint.cost.pricing.family import terms_of
from archlint.cost.pricing.machine import UNTOLD
from archlint.cost.pricing.variety import variety_of
from archlint.measure.fit.infer import KIN, Believed, Prior
from archlint.measure.fit.network_row import NetworkRow, weights_of

__all__ = ["shared_prior"]

Array = NDArray[np.float64]

_FLOPS, _BANDWIDTH, _LAUNCH = 10e9, 4e9, 4e-6
"""Of a middling core, before any time is looked at: all proportions are to these."""

_DOUBT = 0.4
"""How far (log) the proportions are off those that are believed before."""

_OF_DEVICE = 0.2
"""How far (log) a device's coefficients are off all devices' together."""

_COUNT = 8
"""The settings that all are taken for: their networks are the same, and so is what these lack."""

_ERROR, _STEPS, _ENOUGH = 0.1, 40, 1e-3

_KINS = {"launch": "launch", "bytes": "bytes"}


def _believed(variety: str) -> Mapping[str, float]:
    """Seconds of each term of a variety: shares of a core's limits, by what ncnn's code does."""
    kind = variety.split(" ", 1)[0]
    work, traffic = 1 / _FLOPS, 1 / _BANDWIDTH
    every = {"launch": _LAUNCH, "bytes": traffic}
    # packs of 4 and 8 channels: others are unpacked
    apart = {"flops off step": 0.4 * work}
    if variety == "conv kxk winograd":
        # a quarter of the products, between two transforms of some twenty FLOPs an element
        return every | {
            "flops in tiles": 0.25 * work, "tiles read": 2.5 * work, "tiles written": 2.5 * work
        }  # fmt: skip
    if variety == "conv kxk planes":
        return every | {"flops": 2 * work}
    if variety == "conv kxk":
        return every | {"flops": work}
    if variety == "conv 1x1":
        return every | apart | {"flops": work, "bytes": 2 * traffic}
    if kind == "group":
        # a conv for each group
        return every | {"launch": 3 * _LAUNCH, "flops": 1.1 * work}
    if kind in ("depthwise", "transposed"):
        return every | apart | {"flops": 2 * work}
    if variety == "matrix product of one row":
        return every
    if kind == "matrix":
        # row after row, each with all weights
        return every | {"flops": (1.5 if variety.endswith("of activations") else 3) * work}
    if kind == "element-wise":
        return every | {"bytes": 0.6 * traffic, "functions": 4e-9}
    # what cuts packs unpacks and packs them again
    return every | {"bytes": (3 if kind in ("pad", "slice", "split") else 1.7) * traffic}


class _Terms:
    """The terms of all networks, and where each is."""

    def __init__(self, networks: Mapping[str, NetworkRow]) -> None:
        self.places: dict[tuple[str, str], int] = {}
        self.rows: dict[str, Array] = {}
        self._seconds: list[float] = []
        sums = {name: self._sums(row) for name, row in networks.items()}
        believed = np.array(self._seconds)
        for name, found in sums.items():
            row = np.zeros(len(believed))
            row[list(found)] = list(found.values())
            self.rows[name] = row * believed

    def _sums(self, row: NetworkRow) -> Mapping[int, float]:
        members: dict[str, list[tuple[int, Kernel]]] = defaultdict(list)
        for count, kernel in row.kernels:
            members[variety_of(kernel)].append((count, kernel))
        found = {}
        for variety, kernels in members.items():
            terms = _believed(variety)
            counts = np.array([count for count, _ in kernels], dtype=float)
            columns = Columns([kernel for _, kernel in kernels])
            sums = counts @ terms_of(tuple(terms), columns, UNTOLD)
            for (term, seconds), each in zip(terms.items(), sums, strict=True):
                place = self.places.setdefault((variety, term), len(self.places))
                if place == len(self._seconds):
                    self._seconds.append(seconds)
                found[place] = float(each)
        return found

    @property
    def certainty(self) -> Array:
        """The inverse covariance of what is believed: terms of a kin are off together."""
        kins = [_KINS.get(term, "") for _, term in self.places]
        same = [[one == other != "" for other in kins] for one in kins]
        inverse: Array = np.linalg.inv(_DOUBT**2 * np.eye(len(kins)) + KIN**2 * np.array(same))
        return inverse


@cache
def shared_prior(threads: str, left_out: tuple[str, ...] = ()) -> Prior:
    """What is believed of a device's kernels, by all devices' networks of no family left out.

    Those that were timed on as many threads; the scale of each is its own.
    """
    known = [
        [row for row in rows if row.family not in left_out]
        for (_, used), rows in settings().items()
        if used == threads
    ]
    terms = _Terms({row.name: row for rows in known for row in rows})
    theta = _solve(terms, known)

    def prior(variety: str) -> Mapping[str, Believed]:
        return {
            term: Believed(
                seconds * float(np.exp(theta[terms.places[variety, term]]))
                if (variety, term) in terms.places
                else seconds,
                _OF_DEVICE if (variety, term) in terms.places else _DOUBT,
                _KINS.get(term, ""),
            )
            for term, seconds in _believed(variety).items()
        }

    return prior


def _solve(terms: _Terms, known: Sequence[Sequence[NetworkRow]]) -> Array:
    """The logs of the factors on what is believed, by Gauss-Newton; networks far off weigh less."""
    certainty, theta = terms.certainty, np.zeros(len(terms.places))
    share = min(1.0, _COUNT / len(known))
    data = [
        (
            np.array([terms.rows[row.name] for row in rows]),
            np.log(np.array([row.seconds for row in rows])), np.array(weights_of(rows)),
        )
        for rows in known
    ]  # fmt: skip
    for _ in range(_STEPS):
        left, pull = certainty.copy(), -certainty @ theta
        for parts, times, weights in data:
            seconds = parts * np.exp(theta)
            whole = seconds.sum(axis=1)
            error = times - np.log(whole)
            error -= np.median(error)
            weight = share * weights / (1 + (error / (2 * _ERROR)) ** 2) / _ERROR**2
            shares = seconds / whole[:, None]
            # the setting's scale takes what all of its networks have in common
            shares -= weight @ shares / weight.sum()
            error -= weight @ error / weight.sum()
            left += (shares.T * weight) @ shares
            pull += (shares.T * weight) @ error
        step = np.linalg.solve(left, pull)
        longest = float(np.abs(step).max())
        theta += step * min(1.0, 0.7 / longest)
        if longest < _ENOUGH:
            break
    return theta
