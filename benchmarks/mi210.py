"""Targets for an AMD Instinct MI210 from published times of single kernels.

    python benchmarks/mi210.py [TARGET ...]          how far they come, shapes left out
    python benchmarks/mi210.py --write [TARGET ...]  and the rows and fits into the target, and its
                                                     page of evidence

Convs are MIOpen's own tuning results, the rest PyTorch's (see `mi210_facts.py`); what neither
timed is inferred: this card's memory, times how such kernels stand to element-wise ones on the
GPUs whose networks timm timed.
"""

from __future__ import annotations

import sys
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import combinations
from math import log
from pathlib import Path
from random import Random

import numpy as np
import tomli_w
from checksums import write_checksum
from mi210_facts import measured, thinned
from mi210_figures import LeftOut, Pair, held, page
from mi210_unmeasured import ByThree, unmeasured
from numpy.typing import NDArray

from archlint.cost.kernels.kind import Kind
from archlint.cost.pricer import Pricer, Z
from archlint.cost.pricing.family import FamilySpec
from archlint.cost.pricing.row import Row
from archlint.cost.pricing.table import write_table
from archlint.cost.target import Calibration, TableError, Target, load_target
from archlint.cost.target_files import ROWS, SHIPPED, list_targets
from archlint.measure.fit.calibrate_target import Tuned, sections, tune_target
from archlint.measure.fit.inferred_sections import inferred_sections
from archlint.whole_file import write_whole

TARGETS: Mapping[str, int] = {"mi210-torch-fp32": 4, "mi210-torch-fp16": 2}
"""By name: bytes of an element."""
PAGES = Path(__file__).parents[1] / "docs" / "inferred-targets"
FOLDS = 5
_SEEN = 20
"""Rows of a family of shapes that are judged, so that no large one says all."""
_PAIRS = 1500
_EQUAL = 0.15
_FIT = "\n# Written by `python benchmarks/mi210.py --write`.\n"
_COVERED = 0.8


def judge(name: str, *, write: bool) -> None:
    """Print how far a target comes; put its rows and its fit into its folder if asked."""
    files = list_targets(SHIPPED)[name]
    target, rows = load_target(files), measured(TARGETS[name])
    left_out, pairs = _leave_shapes_out(target, rows)
    kept = thinned(rows)
    families = _scaled(tune_target(replace(target, rows=kept)).families, left_out)
    inferred = unmeasured(rows, {each.name for each in families})
    calibration = _calibrated(left_out, pairs)
    whole = replace(target, rows=kept, families=(*families, *inferred), calibration=calibration)
    text = page(Pricer(whole), rows, left_out, pairs)
    print(text)
    if write:
        fit = sections(Tuned(families, calibration))
        fit["families"] += inferred_sections(inferred, calibration)["families"]
        own = files.file.read_text(encoding="utf-8").partition(_FIT)[0]
        counts = Counter(row.rule for row in kept)
        fit = {"rows": {rule: counts[rule] for rule in sorted(counts)}, **fit}
        write_whole(files.file, (own + _FIT + tomli_w.dumps(fit)).encode())
        write_table(files.file.with_name(ROWS), kept)
        write_checksum(list_targets(SHIPPED)[name])
        write_whole(PAGES / f"{name}.md", text.encode())


def _leave_shapes_out(target: Target, rows: Sequence[Row]) -> tuple[list[LeftOut], list[Pair]]:
    """Predict the rows of every family of shapes by those of the other folds, thinned."""
    names = sorted({row.series for row in rows})
    Random(16).shuffle(names)
    fold_of = {name: at % FOLDS for at, name in enumerate(names)}
    found: list[LeftOut] = []
    folds = []
    for fold in range(FOLDS):
        known = thinned([row for row in rows if fold_of[row.series] != fold])
        others = _some([row for row in rows if fold_of[row.series] == fold])
        tuned = tune_target(replace(target, rows=known))
        folds.append((known, others, tuned))
        pricer, simple = _pricer(target, known, tuned.families), ByThree(known)
        for row in others:
            ((_, kernel),) = row.chain
            price = pricer.price(kernel)
            if price is not None:
                sigma = log(price.high / price.seconds) / Z
                found.append(LeftOut(row, price.seconds, sigma, simple.seconds(kernel), fold))
    pairs: list[Pair] = []
    for fold, (known, others, tuned) in enumerate(folds):
        pricer = _pricer(target, known, _scaled(tuned.families, found))
        pairs += _pairs(others, pricer, fold)
    return found, pairs


def _pricer(target: Target, rows: Sequence[Row], families: tuple[FamilySpec, ...]) -> Pricer:
    unscaled = Calibration((), 1.0, None, 0)
    return Pricer(replace(target, rows=rows, families=families, calibration=unscaled))


def _scaled(families: Sequence[FamilySpec], left_out: Sequence[LeftOut]) -> tuple[FamilySpec, ...]:
    """With bands that hold four in five of the left-out rows of each variety."""
    deviations: dict[str, list[float]] = defaultdict(list)
    for each in left_out:
        deviations[each.variety].append(each.deviation)
    scales = {name: _scale(np.array(each)) for name, each in deviations.items()}
    return tuple(
        replace(
            each, band_scale=_rounded(each.band_scale * scales.get(each.name, 1.0)),
            context=_rounded(each.context * scales.get(each.name, 1.0)),
        )
        for each in families
    )  # fmt: skip


def _some(rows: Sequence[Row]) -> list[Row]:
    by_series: dict[str, list[Row]] = defaultdict(list)
    for row in sorted(rows, key=lambda each: each.kernels):
        by_series[row.series].append(row)
    return [
        row
        for name, members in sorted(by_series.items())
        for row in Random(name).sample(members, min(_SEEN, len(members)))
    ]


def _pairs(rows: Sequence[Row], pricer: Pricer, fold: int) -> list[Pair]:
    """Two convs that could stand for each other: one map and batch, equal FLOPs, other widths."""
    alike: dict[tuple[object, ...], list[Row]] = defaultdict(list)
    for row in rows:
        ((_, kernel),) = row.chain
        if kernel.op == "Conv" and kernel.kind is not Kind.DEPTHWISE:
            alike[kernel.batch, kernel.in_map, kernel.out_map].append(row)
    every = [
        (one, other)
        for members in alike.values()
        for one, other in combinations(members, 2)
        if one.series != other.series and abs(log(_flops(one) / _flops(other))) <= _EQUAL
    ]
    found = []
    for one, other in Random(fold).sample(every, min(len(every), _PAIRS // FOLDS)):
        compared = pricer.compare([one.chain[0][1]], [other.chain[0][1]])
        if compared is not None:
            sigma = log(compared.high / compared.slowdown) / Z
            found.append(Pair(one, other, compared.slowdown, sigma, fold))
    return found


def _flops(row: Row) -> int:
    return row.chain[0][1].flops


def _calibrated(left_out: Sequence[LeftOut], pairs: Sequence[Pair]) -> Calibration:
    """The errors of what was left out, by variety, and the scales at which bands hold 80 %."""
    by_variety: dict[str, list[float]] = defaultdict(list)
    for each in left_out:
        by_variety[each.variety].append(each.miss)
    ratios = np.array([each.deviation for each in pairs])
    band = _scale(ratios)
    return Calibration(
        errors=tuple(
            TableError(
                name, len(misses), _rounded(float(np.mean(misses))),
                _rounded(float(np.median(misses))), _rounded(float(np.quantile(misses, 0.9))),
            )
            for name, misses in sorted(by_variety.items())
        ),
        band_scale=band,
        coverage=_rounded(float((ratios <= band * Z).mean())),
        pairs=len(ratios),
        price_scale=1.0,
        price_coverage=_rounded(held(left_out)),
    )  # fmt: skip


def _scale(deviations: NDArray[np.float64]) -> float:
    return _rounded(float(np.quantile(deviations, _COVERED)) / Z + 1e-4)


def _rounded(value: float) -> float:
    return float(f"{value:.4g}")


if __name__ == "__main__":
    for each in [word for word in sys.argv[1:] if word[0] != "-"] or TARGETS:
        judge(each, write="--write" in sys.argv)
