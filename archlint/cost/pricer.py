"""Prices of kernels, sums and slow-downs on one target."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import exp, log, sqrt

import numpy as np
from numpy.typing import NDArray

from archlint.cost.family import Family, FamilySpec
from archlint.cost.kernel import Chain, Kernel, Kind
from archlint.cost.price import Basis, Price
from archlint.cost.table import Row
from archlint.cost.target import Target

__all__ = ["Comparison", "Pricer", "equal_flops_pairs"]

Array = NDArray[np.float64]

Z = 1.2815515655446004
"""The standard normal's 90th percentile: bands run from the 10th to it."""

RESTS_ON = 0.2
"""A sum rests on the weakest basis that this share of its time has, or a weaker one."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two sets of kernels on a target: what is there now and what could be instead."""

    now: Price
    instead: Price
    slowdown: float
    low: float
    high: float
    basis: Basis

    @property
    def saving(self) -> float:
        """Seconds saved: `now (1 - 1 / slowdown)`."""
        return self.now.seconds - self.instead.seconds


class Pricer:
    """Prices kernels out of a target's tables.

    Raises TargetError, through the table reader, only when the target is loaded; pricing
    itself cannot fail: what no family covers has no price.
    """

    def __init__(self, target: Target) -> None:
        self.target = target
        self.band_scale = target.calibration.band_scale
        self._families: dict[Kind, Family] = {}
        self._prices: dict[Kernel, Price | None] = {}
        for spec in target.families:
            rows = self._rows_of(spec)
            if not rows:
                continue
            peak = np.array([0.0, 1 / target.peak.flops, 1 / target.peak.bandwidth])
            if Kind.EPILOGUE in spec.kinds:
                peak = np.zeros(3)  # it works on what is in registers
            family = Family(spec, rows, peak)
            for kind in spec.kinds + spec.borrows:
                self._families[kind] = family

    def _rows_of(self, spec: FamilySpec) -> list[tuple[Chain, float]]:
        """Chains of this family alone, as measured or with the solved families taken off."""
        own = frozenset(spec.kinds)
        if spec.differences_of:
            table = self.target.tables.get(spec.differences_of, ())
            return [pair for pair in _differences(table) if _kinds(pair[0]) <= own]
        rows = []
        for table in self.target.tables.values():
            for row in table:
                parts = _split(row.chain)
                mine = tuple((n, k) for k, n in parts.items() if k.kind in own)
                rest = [(n, k) for k, n in parts.items() if k.kind not in own]
                if not mine or any(k.kind not in self._families for _, k in rest):
                    continue
                left = row.median_s - sum(n * self._seconds(k) for n, k in rest)
                if left > 0:
                    rows.append((mine, left))
        return rows

    def _seconds(self, part: Kernel) -> float:
        return float(self._families[part.kind].predict([part])[0][0])

    def measures(self, kind: Kind) -> bool:
        """Whether the target has rows of this kind of kernel."""
        family = self._families.get(kind)
        return family is not None and kind in family.spec.kinds

    def price(self, kernel: Kernel) -> Price | None:
        """The kernel's price, or None where no family covers it or its epilogue."""
        if kernel not in self._prices:
            self._prices[kernel] = self._sum([kernel])
        return self._prices[kernel]

    def total(self, kernels: Iterable[Kernel]) -> Price | None:
        """The price of all kernels in sequence; None if there are none.

        Kernels without a price must have been left out by the caller, who counts them.
        """
        return self._sum(list(kernels))

    def _sum(self, kernels: Sequence[Kernel]) -> Price | None:
        counts = Counter[Kernel]()
        for kernel, count in Counter(kernels).items():
            for part, parts in _split(((count, kernel),)).items():
                if part.kind not in self._families:
                    return None
                counts[part] += parts
        if not counts:
            return None
        seconds, variance, basis = self._weigh(counts, {})
        band = exp(Z * self.band_scale * sqrt(variance))
        return Price(seconds, seconds / band, seconds * band, basis)

    def compare(self, now: Iterable[Kernel], instead: Iterable[Kernel]) -> Comparison | None:
        """The slow-down of now against instead, its band and its basis.

        The band is that of the log ratio of the two sums, from the joint covariance of all
        kernels: what both share cancels, and like kernels err alike.  None where a side has no
        price.
        """
        before, after = list(now), list(instead)
        price_now, price_instead = self._sum(before), self._sum(after)
        if price_now is None or price_instead is None:
            return None
        shares = _parts(before), _parts(after)
        _, variance, basis = self._weigh(*shares)
        slowdown = price_now.seconds / price_instead.seconds
        band = exp(Z * self.band_scale * sqrt(variance))
        basis = max(basis, price_now.basis, price_instead.basis, key=lambda each: each.rank)
        return Comparison(
            price_now, price_instead, slowdown, slowdown / band, slowdown * band, basis
        )

    def _weigh(
        self, plus: Mapping[Kernel, int], minus: Mapping[Kernel, int]
    ) -> tuple[float, float, Basis]:
        """Seconds of `plus`, variance of log(plus / minus), and the basis that both rest on."""
        times: dict[Kernel, float] = {}
        blocks: list[tuple[list[Kernel], Array]] = []
        by_family: dict[Family, list[Kernel]] = {}
        for kernel in plus.keys() | minus.keys():
            by_family.setdefault(self._families[kernel.kind], []).append(kernel)
        for family, members in by_family.items():
            members.sort(key=lambda kernel: kernel.text)  # the same sum in every run
            seconds, covariance = family.predict(members)
            times.update(zip(members, map(float, seconds), strict=True))
            blocks.append((members, covariance))
        total = {kernel: plus.get(kernel, 0) * times[kernel] for kernel in times}
        other = {kernel: minus.get(kernel, 0) * times[kernel] for kernel in times}
        seconds_plus, seconds_minus = sum(total.values()), sum(other.values())
        variance = 0.0
        for members, covariance in blocks:
            share = np.array(
                [
                    total[k] / seconds_plus - (other[k] / seconds_minus if seconds_minus else 0)
                    for k in members
                ]
            )
            variance += float(share @ covariance @ share)
        by_basis: dict[Basis, float] = {}
        for kernel, time in total.items():
            basis = self._families[kernel.kind].basis(kernel)
            by_basis[basis] = by_basis.get(basis, 0.0) + time
        return seconds_plus, max(variance, 0.0), _rests_on(by_basis)


def _rests_on(seconds: Mapping[Basis, float]) -> Basis:
    total, weak = sum(seconds.values()), 0.0
    for basis in sorted(Basis, key=lambda each: -each.rank):
        weak += seconds.get(basis, 0.0)
        if weak >= RESTS_ON * total:
            return basis
    return Basis.MEASURED


def _split(chain: Chain) -> Counter[Kernel]:
    """The chain's kernels and, apart, what is fused into them."""
    parts: Counter[Kernel] = Counter()
    for count, kernel in chain:
        parts[kernel.core] += count
        for epilogue in kernel.epilogues:
            parts[epilogue] += count
    return parts


def _parts(kernels: Sequence[Kernel]) -> Counter[Kernel]:
    return _split(tuple((count, kernel) for kernel, count in Counter(kernels).items()))


def _kinds(chain: Chain) -> frozenset[Kind]:
    return frozenset(kernel.kind for _, kernel in chain)


def _differences(table: Sequence[Row]) -> list[tuple[Chain, float]]:
    """What a row has over another one of its series, and how much longer it took."""
    found = []
    split = [(row, _split(row.chain)) for row in table]
    for longer, more in split:
        for shorter, fewer in split:
            if longer.series != shorter.series or longer.median_s <= shorter.median_s:
                continue
            rest = more.copy()
            rest.subtract(fewer)
            if all(count >= 0 for count in rest.values()):
                chain = tuple((count, kernel) for kernel, count in rest.items() if count)
                if chain:
                    found.append((chain, longer.median_s - shorter.median_s))
    return found


def equal_flops_pairs(rows: Sequence[Row], tolerance: float = 0.15) -> list[tuple[int, int]]:
    """Pairs of rows of one series whose FLOPs differ by at most `tolerance` (log)."""
    flops = [sum(count * kernel.flops for count, kernel in row.chain) for row in rows]
    return [
        (i, j)
        for i, left in enumerate(rows)
        for j in range(i + 1, len(rows))
        if left.series == rows[j].series and abs(log(flops[i] / flops[j])) <= tolerance
    ]
