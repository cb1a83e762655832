"""Prices of kernels, sums and slow-downs on one target."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import inf, log

import numpy as np

from archlint.cost.kernels.attention_parts import attention_parts
from archlint.cost.kernels.kernel import Kernel
from archlint.cost.kernels.kind import Kind
from archlint.cost.kernels.ops import FUNCTIONS
from archlint.cost.pricing.bound import Bound, bound_by
from archlint.cost.pricing.ceiling import fused_ceiling
from archlint.cost.pricing.differences import differences, kinds_of, split_chain
from archlint.cost.pricing.family import Family, FamilySpec
from archlint.cost.pricing.inferred_family import InferredFamily
from archlint.cost.pricing.observation import Observation
from archlint.cost.pricing.price import Basis, Comparison, Price, rests_on
from archlint.cost.pricing.row import CLOCK
from archlint.cost.pricing.sound import Z, sound, widen
from archlint.cost.pricing.table import Row
from archlint.cost.pricing.variety import variety_of
from archlint.cost.rows_by_variety import RowsByVariety
from archlint.cost.target import Target

__all__ = ["Comparison", "Pricer", "Z", "equal_flops_pairs"]

Counted = Iterable[Kernel] | Mapping[Kernel, int]
"""Kernels, one as often as it runs, or each with how often that is."""


class Pricer:
    """Prices kernels out of a target's tables.

    A target's families go by kind, or, where its kernels were measured one by one, by variety;
    each is fitted when its first kernel is asked for.  What no family covers has no price; all
    methods raise TargetError where rows or families are such that a price would not be a finite
    number above 0.
    """

    def __init__(self, target: Target) -> None:
        self.target = target
        self.band_scale: float = target.calibration.band_scale
        self.price_scale: float = target.calibration.price_scale
        self._parts: dict[Kernel, tuple[Kernel, ...]] = {}
        self._seconds: dict[Kernel, float] = {}
        self._compared: dict[tuple[frozenset[tuple[Kernel, int]], ...], Comparison | None] = {}
        self._known: dict[Kernel, float] = {}
        self._bases: dict[Kernel, Basis] = {}
        self._bounds: dict[Kernel, Bound | None] = {}
        self._measured = RowsByVariety(target)
        self._by_variety = {spec.name: spec for spec in target.families if not spec.kinds}
        self._varieties: dict[Kernel, str] = {}
        self._families: dict[Kind | str, Family | None] = {}
        for spec in target.families:
            if spec.kinds:
                family = self._fit(spec, self._rows_of(spec))
                for kind in (spec.kinds + spec.borrows) if family is not None else ():
                    self._families[kind] = family

    def _fit(self, spec: FamilySpec, rows: Sequence[Observation]) -> Family | None:
        if spec.inferred is not None:
            return InferredFamily(spec, self.target.machine)
        if not rows:
            return None
        peak, floor = self.target.peak, {}
        if peak is not None and Kind.EPILOGUE not in spec.kinds:
            # what is fused works on what is in registers: nothing limits it
            floor = {"flops": 1 / peak.flops, "bytes": 1 / peak.bandwidth}
        ceiling = fused_ceiling(spec.terms, rows, self.price)
        with sound(self.target.name, spec.name):
            return Family(spec, rows, floor, self.target.machine, ceiling, self._measured.carried)

    def _family(self, kernel: Kernel) -> Family | None:
        """The family that prices a kernel, or None."""
        if not self._by_variety:
            return self._families.get(kernel.kind)
        name = self._varieties.get(kernel)
        if name is None:
            name = self._varieties[kernel] = variety_of(kernel)
        if name not in self._families:
            spec = self._by_variety.get(name)
            self._families[name] = None
            if spec is not None:
                rows = () if spec.inferred else self._measured.of(kernel, name)
                self._families[name] = self._fit(spec, rows)
        return self._families[name]

    def _rows_of(self, spec: FamilySpec) -> list[Observation]:
        """Chains of this family alone, as measured or with the solved families taken off."""
        own = frozenset(spec.kinds)
        if spec.differences_of:
            table = [row for row in self.target.rows if row.rule == spec.differences_of]
            return [pair for pair in differences(table) if kinds_of(pair.chain) <= own]
        rows = []
        for row in self.target.rows:
            parts = split_chain(row.chain)
            mine = tuple((n, k) for k, n in parts.items() if k.kind in own)
            rest = [(n, k) for k, n in parts.items() if k.kind not in own]
            if not mine or any(k.kind not in self._families for _, k in rest):
                continue
            self._learn(k for _, k in rest)
            left = row.median_s - sum(n * self._known[k] for n, k in rest)
            if left > 0:
                rows.append(Observation(mine, left))
        return rows

    def measures(self, kind: Kind) -> bool:
        """Whether the target has rows of this kind of kernel."""
        if self._by_variety:
            # a variety's name begins with its kind
            return any(name.startswith(kind.value) for name in self._by_variety)
        family = self._families.get(kind)
        return family is not None and kind in family.spec.kinds

    def family(self, kernel: Kernel) -> Family | None:
        """The family that prices a kernel, or what it does before its epilogue; None without."""
        parts = self._parts_of(kernel)
        return self._family(parts[0]) if parts else None

    def covers(self, kernel: Kernel) -> bool:
        """Whether the kernel has a price."""
        return bool(self._parts_of(kernel))

    def price(self, kernel: Kernel) -> Price | None:
        """The kernel's price, or None where no family covers it or its epilogue."""
        return self.total([kernel])

    def bound(self, kernel: Kernel) -> Bound | None:
        """What most of its price pays for by its fit; None without one, or where that tells not."""
        if kernel not in self._bounds:
            self._bounds[kernel] = self._bound(kernel) if self.covers(kernel) else None
        return self._bounds[kernel]

    def _bound(self, kernel: Kernel) -> Bound | None:
        parts = self._parts_of(kernel)
        self._learn(parts)
        found: list[tuple[str, float]] = []
        for part in parts:
            family = self._family(part)
            if family is not None:
                seconds = family.by_term(part)
                scale = self._known[part] / (float(seconds.sum()) or 1.0)
                found += zip(family.spec.terms, (seconds * scale).tolist(), strict=True)
        return bound_by(found)

    def total(self, kernels: Counted) -> Price | None:
        """The price of all kernels in sequence.

        None if there are none, one has no price, or they take no time.
        """
        parts = self._count(kernels)
        if not parts:
            return None
        sums = self._weigh([parts])
        if not sums.seconds[0]:
            return None
        return self._price(sums.seconds[0], sums.variances[0], sums.bases[0])

    def seconds(self, kernels: Counted) -> float | None:
        """The seconds of `total` alone, which is much quicker to have."""
        counts = kernels if isinstance(kernels, Mapping) else Counter(kernels)
        if not self.learn(counts):
            return None
        return sum([count * self._seconds[kernel] for kernel, count in counts.items()]) or None

    def learn(self, kernels: Iterable[Kernel]) -> bool:
        """Price kernels for `seconds`, which is quickest for many at once.

        False if one has no price.
        """
        parts = {k: self._parts_of(k) for k in kernels if k not in self._seconds}
        if not parts:
            return True
        self._learn(part for each in parts.values() for part in each)
        for kernel, each in parts.items():
            if each:
                self._seconds[kernel] = sum([self._known[part] for part in each])
        return all(parts.values())

    def compare(self, now: Counted, instead: Counted) -> Comparison | None:
        """The slow-down of now against instead, its band and its basis.

        The band is that of the log ratio of the two sums, from the joint covariance of all
        kernels: what both share cancels, and like kernels err alike.  None where a side has no
        price.
        """
        before, after = self._count(now), self._count(instead)
        if not before or not after:
            return None
        key = frozenset(before.items()), frozenset(after.items())
        if key not in self._compared:
            # blocks repeat: in one network, and from one to the next
            self._compared[key] = self._compare(before, after)
        return self._compared[key]

    def _compare(
        self, before: Mapping[Kernel, int], after: Mapping[Kernel, int]
    ) -> Comparison | None:
        sums = self._weigh([before, after])
        if not all(sums.seconds):
            return None
        slowdown = sums.seconds[0] / sums.seconds[1]
        band = widen(self.band_scale, sums.ratio_variance)
        return Comparison(
            now=self._price(sums.seconds[0], sums.variances[0], sums.bases[0]),
            instead=self._price(sums.seconds[1], sums.variances[1], sums.bases[1]),
            slowdown=slowdown,
            low=slowdown / band,
            high=slowdown * band,
            basis=max(sums.bases, key=lambda each: each.rank),
        )

    def _price(self, seconds: float, variance: float, basis: Basis) -> Price:
        band = widen(self.price_scale, variance)
        return Price(seconds, seconds / band, seconds * band, basis)

    def _count(self, kernels: Counted) -> dict[Kernel, int] | None:
        """The parts of these kernels with their counts; None if one has no price."""
        counts: dict[Kernel, int] = {}
        given = kernels if isinstance(kernels, Mapping) else Counter(kernels)
        for kernel, count in given.items():
            parts = self._parts_of(kernel)
            if not parts:
                return None
            for part in parts:
                counts[part] = counts.get(part, 0) + count
        return counts

    def _parts_of(self, kernel: Kernel) -> tuple[Kernel, ...]:
        """What a kernel's price is the sum of; empty where it has none."""
        parts = self._parts.get(kernel)
        if parts is None:
            # a kernel measured whole has no parts
            parts = self._whole(kernel) if self._by_variety else (kernel.core, *kernel.epilogues)
            if kernel.kind is Kind.ATTENTION and self._family(kernel) is None:
                parts = attention_parts(kernel)
            if not all(map(self._has_price, parts)):
                parts = ()
            self._parts[kernel] = parts
        return parts

    def _whole(self, kernel: Kernel) -> tuple[Kernel, ...]:
        """The kernel and, apart, the functions in it that no row of its family has fused."""
        family = self._family(kernel) if FUNCTIONS.intersection(kernel.epilogue) else None
        if family is None:
            return (kernel,)
        known = family.functions if self.target.threads else FUNCTIONS
        fused = tuple(op for op in kernel.epilogue if op not in FUNCTIONS or op in known)
        return kernel._replace(epilogue=fused), *(
            each._replace(kind=Kind.ELEMENTWISE, rotation=kernel.rotation)
            for each in kernel.epilogues
            if each.op not in fused
        )

    def _has_price(self, part: Kernel) -> bool:
        """Whether a family prices it, and by rows of its own function where that takes long.

        On a GPU a function takes no longer than the memory that it reads; a CPU, which is told by
        its threads, needs up to a hundred times as long.
        """
        family = self._family(part)
        if family is None:
            return False
        is_hidden = not self.target.threads or part.op not in FUNCTIONS
        return is_hidden or part.op in family.functions

    def _learn(self, parts: Iterable[Kernel]) -> None:
        """Seconds of parts not seen before, one family at a time."""
        for family, members in self._by_family(k for k in parts if k not in self._known).items():
            with sound(self.target.name, family.spec.name):
                seconds = family.seconds(members)
                if not all(0.0 <= each < inf for each in seconds):
                    raise FloatingPointError("a time below 0, or none")
            self._known.update(zip(members, seconds, strict=True))

    def _by_family(self, parts: Iterable[Kernel]) -> dict[Family, list[Kernel]]:
        found: dict[Family, list[Kernel]] = {}
        for part in parts:
            family = self._family(part)
            if family is not None:
                found.setdefault(family, []).append(part)
        return found

    def _weigh(self, sides: Sequence[Mapping[Kernel, int]]) -> _Sums:
        """Seconds, variance of log seconds and basis of each side, and of their log ratio."""
        every = dict.fromkeys(part for side in sides for part in side)
        self._learn(every)
        seconds = [sum(count * self._known[part] for part, count in side.items()) for side in sides]
        variances, ratio_variance = [0.0] * len(sides), 0.0
        for family, members in self._by_family(every).items():
            if new := [part for part in members if part not in self._bases]:
                self._bases.update(zip(new, family.bases(new), strict=True))
            with sound(self.target.name, family.spec.name):
                covariance = family.covariance(members)
                shares = [
                    # of what takes no time nothing is a share; who asked is told
                    np.array([side.get(part, 0) * self._known[part] for part in members])
                    / (whole or 1.0)
                    for side, whole in zip(sides, seconds, strict=True)
                ]
                for number, share in enumerate(shares):
                    variances[number] += float(share @ covariance @ share)
                if len(sides) == 2:
                    gap = shares[0] - shares[1]
                    ratio_variance += float(gap @ covariance @ gap)
        bases = []
        for side in sides:
            by_basis: dict[Basis, float] = {}
            for part, count in side.items():
                time, basis = self._known[part], self._bases[part]
                by_basis[basis] = by_basis.get(basis, 0.0) + count * time
            bases.append(rests_on(by_basis))
        unsure = self._unsure(sides, seconds)
        # rounding makes 0 a little less
        positive = [
            max(variance, 0.0) + own**2 for variance, own in zip(variances, unsure, strict=True)
        ]
        if len(sides) == 2:
            ratio_variance += (unsure[0] - unsure[1]) ** 2
        return _Sums(seconds, positive, bases, max(ratio_variance, 0.0))

    def _unsure(
        self, sides: Sequence[Mapping[Kernel, int]], seconds: Sequence[float]
    ) -> list[float]:
        """The share of each side's time that no profiler tells, the same way for all kernels.

        Whatever they add to a kernel is taken off its rows as well as they tell: networks whose
        kernels take 1 us each came out 10 to 25 % too slow, all of them.
        """
        if not self._by_variety:
            return [0.0 for _ in sides]
        return [
            CLOCK * sum(side.values()) / whole if whole else 0.0
            for side, whole in zip(sides, seconds, strict=True)
        ]


@dataclass(frozen=True, slots=True)
class _Sums:
    seconds: Sequence[float]
    variances: Sequence[float]
    bases: Sequence[Basis]
    ratio_variance: float


def equal_flops_pairs(rows: Sequence[Row], tolerance: float = 0.15) -> list[tuple[int, int]]:
    """Pairs of rows of one series whose FLOPs differ by at most `tolerance` (log)."""
    flops = [sum(count * kernel.flops for count, kernel in row.chain) for row in rows]
    return [
        (i, j)
        for i, left in enumerate(rows)
        for j in range(i + 1, len(rows))
        if left.series == rows[j].series and abs(log(flops[i] / flops[j])) <= tolerance
    ]
