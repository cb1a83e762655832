"""What no row of the MI210 tells: its memory, and how such kernels stand to others elsewhere."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from math import exp, log

import numpy as np
from mi210_facts import measured
from numpy.typing import NDArray

from archlint.cost.kernels.kernel import Kernel
from archlint.cost.pricing.columns import Columns
from archlint.cost.pricing.family import FamilySpec, Inferred, terms_of
from archlint.cost.pricing.fit import fit_relative
from archlint.cost.pricing.machine import UNTOLD
from archlint.cost.pricing.row import Row
from archlint.cost.pricing.variety import variety_of
from archlint.cost.target import load_target
from archlint.cost.target_files import SHIPPED, list_targets

__all__ = ["ByThree", "dearer_than_convs", "unmeasured"]

OTHER_GPUS = (
    "rtx3090-torch2.4-amp", "rtx4090-torch2.9-amp", "rtx5090-torch2.9-amp",
    "rtxpro6000maxq-torch2.9-amp",
)  # fmt: skip
_THREE = ("launch", "flops", "bytes")
_OF_MEMORY = {"launch", "bytes"}
_ANOTHER_MAKER = 0.3
"""What is doubted (log) of a ratio between kinds of kernel that the other GPUs agree on."""
_ANOTHER_KIND = 0.3
"""And that products in half precision stand to 1x1 convs as they do in single precision."""
_PRODUCTS = ("matrix product", "matrix product of activations")
_LARGE = 64e6
"""Bytes from which on an addition tells what memory takes."""


class ByThree:
    """What launches, FLOPs and bytes alone say of each variety."""

    def __init__(self, rows: Sequence[Row]) -> None:
        members: dict[str, list[Row]] = defaultdict(list)
        for row in rows:
            members[variety_of(row.chain[0][1])].append(row)
        self.fits: Mapping[str, NDArray[np.float64]] = {
            name: fit_relative(
                _terms([row.chain[0][1] for row in own]),
                np.array([row.median_s for row in own]), np.zeros(3),
            )
            for name, own in members.items()
        }  # fmt: skip

    def seconds(self, kernel: Kernel) -> float:
        """Seconds of a kernel whose variety has rows."""
        return float(_terms([kernel])[0] @ self.fits[variety_of(kernel)])


def _terms(kernels: Sequence[Kernel]) -> NDArray[np.float64]:
    return terms_of(_THREE, Columns(kernels), UNTOLD)


def unmeasured(rows: Sequence[Row], own: set[str]) -> list[FamilySpec]:
    """Families without rows: of what memory limits, and in half precision of products."""
    adds = [
        (row.chain[0][1].mac, row.median_s) for row in rows if row.kernels.startswith("Add ")
        if row.chain[0][1].operands == 2
    ]  # fmt: skip
    byte = float(np.median([seconds / size for size, seconds in adds if size >= _LARGE]))
    launch = float(np.quantile([seconds for _, seconds in adds], 0.1))
    there = [
        {each.name: each for each in load_target(list_targets(SHIPPED)[name]).families}
        for name in OTHER_GPUS
    ]
    found = []
    for name in sorted(set.intersection(*map(set, there)) - own):
        alike = [each[name] for each in there]
        if name != "pool" and set(alike[0].terms) != _OF_MEMORY:
            continue
        coefficients, doubts = [launch], [0.25]
        for term in alike[0].terms[1:]:
            ratios = [
                log(_coefficient(each, term) / _coefficient(gpu["element-wise"], "bytes"))
                for each, gpu in zip(alike, there, strict=True)
            ]
            coefficients.append(byte * exp(float(np.mean(ratios))))
            doubts.append(float(np.var(ratios)) + _ANOTHER_MAKER**2)
        found.append(_family(alike[0], coefficients, doubts))
    return found + _products(rows, there[0], own)


def _products(
    rows: Sequence[Row], there: Mapping[str, FamilySpec], own: set[str]
) -> list[FamilySpec]:
    """Products in half precision: 1x1 convs, as much dearer as they are in single precision."""
    half = ByThree(rows).fits["conv 1x1"]
    doubts = [0.25, _ANOTHER_KIND**2, _ANOTHER_KIND**2]
    return [
        _family(
            replace(there[name], terms=_THREE), half * (1.0, dearer, 1.0), doubts
        )
        for name, dearer in (dearer_than_convs() if own.isdisjoint(_PRODUCTS) else {}).items()
    ]  # fmt: skip


def dearer_than_convs() -> dict[str, float]:
    """How many times longer a FLOP of products takes than one of 1x1 convs, both as timed."""
    single = ByThree(measured(4)).fits
    return {name: float(single[name][1] / single["conv 1x1"][1]) for name in _PRODUCTS}


def _coefficient(spec: FamilySpec, term: str) -> float:
    assert spec.inferred is not None
    return spec.inferred.coefficients[spec.terms.index(term)]


def _family(like: FamilySpec, coefficients: Sequence[float], doubts: Sequence[float]) -> FamilySpec:
    assert like.inferred is not None
    inferred = Inferred(
        tuple(float(f"{each:.4g}") for each in coefficients),
        tuple(float(f"{each:.4g}") for each in np.diag(doubts).ravel()),
        like.inferred.hull,
    )
    return replace(like, inferred=inferred)
