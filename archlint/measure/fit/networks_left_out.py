"""How well whole networks are told by others: families left out, and pairs of left-out ones."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from math import log
from random import Random

import numpy as np

from archlint.cost.kernels.kernel import Kernel
from archlint.cost.pricer import Pricer, Z
from archlint.cost.target import Calibration, TableError, Target
from archlint.measure.fit.infer import Prior, infer
from archlint.measure.fit.network_row import NetworkRow, folds_of

__all__ = ["NetworkLeftOut", "calibrated", "leave_families_out", "predict"]

FOLDS = 5
_PAIRS = 40
"""Of a family, at the most, so that no large one says all."""
_COVERED = 0.8


@dataclass(frozen=True, slots=True)
class NetworkLeftOut:
    """A network and what is predicted for it by the families of other folds, in seconds.

    `sigma` is the standard deviation of the log that its unscaled band has.
    """

    row: NetworkRow
    predicted: float
    sigma: float
    pricer: Pricer

    @property
    def error(self) -> float:
        """The log error."""
        return log(self.predicted / self.row.seconds)

    def ratio_to(self, other: NetworkLeftOut) -> tuple[float, float]:
        """The log error of the ratio to another one of its fold, and its band's deviation."""
        sides = (_priced(each, self.pricer) for each in (self.row, other.row))
        found = self.pricer.compare(*sides)
        if found is None:
            return self.error - other.error, self.sigma
        measured = self.row.seconds / other.row.seconds
        return log(found.slowdown / measured), log(found.high / found.slowdown) / Z


def leave_families_out(
    target: Target, rows: Sequence[NetworkRow], prior: Prior
) -> list[NetworkLeftOut]:
    """Predict every row by the families of the other folds.

    As in a report, kernels that these have no price for add none.
    """
    found: list[NetworkLeftOut] = []
    folds = folds_of(rows, FOLDS)
    for fold in range(FOLDS):
        known = [row for row, own in zip(rows, folds, strict=True) if own != fold]
        others = [row for row, own in zip(rows, folds, strict=True) if own == fold]
        found += predict(target, others, known, prior)
    return found


def predict(
    target: Target,
    others: Sequence[NetworkRow],
    known: Sequence[NetworkRow],
    prior: Prior,
    *,
    believe: bool = False,
) -> Iterator[NetworkLeftOut]:
    """Predict networks by what is inferred from those that are known.

    Where one `believes`, kinds of kernel that none of these has are priced as the prior has them.
    """
    calibration = replace(target.calibration, band_scale=1.0, price_scale=1.0)
    families = infer(known, prior, target.machine, others if believe else ())
    pricer = Pricer(replace(target, families=families, calibration=calibration, rows=()))
    for row in others:
        price = pricer.total(_priced(row, pricer))
        if price is not None:
            sigma = log(price.high / price.seconds) / Z
            yield NetworkLeftOut(row, price.seconds, sigma, pricer)


def calibrated(left_out: Sequence[NetworkLeftOut]) -> Calibration:
    """The errors of networks, and the scales at which bands hold four in five of them."""
    errors = np.array([abs(each.predicted / each.row.seconds - 1) for each in left_out])
    deviations = np.array([abs(each.error) / each.sigma for each in left_out])
    pairs = np.array([abs(error) / sigma for error, sigma in _pairs(left_out)])
    price, band = _scale(deviations), _scale(pairs) if len(pairs) else 1.0
    return Calibration(
        errors=(
            TableError(
                "networks", len(errors), _rounded(errors.mean()), _rounded(np.median(errors)),
                _rounded(np.quantile(errors, 0.9)),
            ),
        ),
        band_scale=band,
        coverage=_rounded((pairs <= band * Z).mean()) if len(pairs) else None,
        pairs=len(pairs),
        price_scale=price,
        price_coverage=_rounded((deviations <= price * Z).mean()),
    )  # fmt: skip


def _pairs(left_out: Sequence[NetworkLeftOut]) -> Iterator[tuple[float, float]]:
    """The ratios of two networks of one family, drawn where there are many."""
    by_family: dict[str, list[NetworkLeftOut]] = defaultdict(list)
    for each in left_out:
        by_family[each.row.family].append(each)
    for family, members in sorted(by_family.items()):
        every = list(combinations(members, 2))
        for one, other in Random(family).sample(every, min(_PAIRS, len(every))):
            error, sigma = one.ratio_to(other)
            if sigma > 0:
                yield error, sigma


def _priced(row: NetworkRow, pricer: Pricer) -> Counter[Kernel]:
    counts = Counter[Kernel]()
    for count, kernel in row.kernels:
        if pricer.covers(kernel):
            counts[kernel] += count
    return counts


def _scale(deviations: np.typing.NDArray[np.float64]) -> float:
    """The least scale of the bands at which four in five of these are inside."""
    needed = int(np.ceil(_COVERED * len(deviations))) - 1
    return max(_rounded(float(np.sort(deviations)[needed]) / Z) + 1e-4, 0.1)


def _rounded(value: float) -> float:
    return float(f"{value:.4g}")
