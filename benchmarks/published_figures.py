"""How well left-out networks are predicted: figures, beside those of simpler fits, and a page."""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import log10

import numpy as np
from numpy.typing import NDArray
from published_facts import FACTS, Published, file_of

from archlint.cost.pricer import Z
from archlint.cost.target import Calibration
from archlint.measure.fit.network_row import NetworkRow, folds_of, weights_of
from archlint.measure.fit.networks_left_out import FOLDS, NetworkLeftOut

__all__ = ["Figures", "figures", "page", "plot"]

Array = NDArray[np.float64]
_DIFFER = 1.15
"""Pairs that differ by less may come out either way."""


@dataclass(frozen=True, slots=True)
class Error:
    """Errors of networks as shares of their time, and how they are ordered by that of an image."""

    what: str
    median: float
    p90: float
    within: float
    spearman: float

    @property
    def line(self) -> str:
        """A line of a table."""
        return (
            f"| {self.what} | {self.median:.1%} | {self.p90:.0%} | {self.within:.0%} | "
            f"{self.spearman:.3f} |"
        )


@dataclass(frozen=True, slots=True)
class Pair:
    """Two networks that differ in one decision: their ratio as measured and as predicted."""

    decision: str
    network: str
    other: str
    measured: float
    predicted: float
    held: bool

    @property
    def error(self) -> float:
        """As a share of the measured ratio."""
        return abs(self.predicted / self.measured - 1)

    @property
    def wrong(self) -> bool:
        """Whether it says faster of what is clearly slower, or the other way."""
        clear = max(self.measured, 1 / self.measured) > _DIFFER
        return clear and (self.measured > 1) != (self.predicted > 1)


@dataclass(frozen=True, slots=True)
class Figures:
    """What is said of a target: errors, of itself first, bands, pairs, and all networks."""

    errors: tuple[Error, ...]
    held: float
    pairs: tuple[Pair, ...]
    left_out: tuple[NetworkLeftOut, ...]
    calibration: Calibration


def figures(
    left_out: Sequence[NetworkLeftOut], calibration: Calibration, published: Published
) -> Figures:
    """The figures of networks that were left out, in the order of the times' file."""
    rows = [each.row for each in left_out]
    errors = (
        _error("families left out", np.array([each.predicted for each in left_out]), rows),
        _error("FLOPs, bytes and operators", _by_three(rows, _of_files(rows, published)), rows),
        _error("the same of its kernels", _by_three(rows, _of_kernels(rows)), rows),
    )
    pairs = tuple(_pairs(left_out, calibration.band_scale))
    return Figures(errors, _held(left_out), pairs, tuple(left_out), calibration)


def _error(what: str, predicted: Array, rows: Sequence[NetworkRow]) -> Error:
    seconds, batches = np.array([(row.seconds, row.batch) for row in rows]).T
    errors = np.abs(predicted / seconds - 1)
    # by image, for where memory ends batches are smaller
    ranks = [np.argsort(np.argsort(each / batches)) for each in (predicted, seconds)]
    return Error(
        what, float(np.median(errors)), float(np.quantile(errors, 0.9)),
        float(np.mean(errors < 0.2)), float(np.corrcoef(*ranks)[0, 1]),
    )  # fmt: skip


def _by_three(rows: Sequence[NetworkRow], columns: Array) -> Array:
    """What FLOPs, bytes and a count (`columns`, of each row) predict, on the same folds."""
    seconds, folds = np.array([row.seconds for row in rows]), np.array(folds_of(rows, FOLDS))
    predicted = np.empty(len(rows))
    for fold in range(FOLDS):
        known = folds != fold
        if known.all():
            continue
        weights = weights_of([row for row, own in zip(rows, known, strict=True) if own])
        share = np.sqrt(np.array(weights))
        relative = columns[known] / seconds[known, None] * share[:, None]
        predicted[~known] = columns[~known] @ _non_negative(relative, share)
    return predicted


def _non_negative(relative: Array, target: Array) -> Array:
    """Least squares without negative coefficients: of three, every choice is tried."""
    best, found = np.inf, np.zeros(3)
    for chosen in range(1, 8):
        some = [at for at in range(3) if chosen >> at & 1]
        solution = np.linalg.lstsq(relative[:, some], target, rcond=None)[0]
        missed = float(((relative[:, some] @ solution - target) ** 2).sum())
        if (solution >= 0).all() and missed < best:
            best, found = missed, np.zeros(3)
            found[some] = solution
    return found


def _of_kernels(rows: Sequence[NetworkRow]) -> Array:
    sums = [
        [
            sum(n * k.flops for n, k in row.kernels),
            sum(n * k.mac for n, k in row.kernels),
            sum(n for n, _ in row.kernels),
        ]
        for row in rows
    ]
    return np.array(sums, dtype=float)


def _of_files(rows: Sequence[NetworkRow], published: Published) -> Array:
    """As the files have them, before any lowering: what everybody knows of a network."""
    columns = []
    for row in rows:
        file, times = file_of(row.name, published) or {}, row.batch / published.lowered_at
        columns.append([file["flops"] * times, file["mac"] * times, file["operators"]])
    return np.array(columns, dtype=float)


def _held(left_out: Sequence[NetworkLeftOut]) -> float:
    """The share of networks in their band, whose scale the other folds' networks set."""
    folds, held = folds_of([each.row for each in left_out], FOLDS), []
    for fold in set(folds):
        both = list(zip(left_out, folds, strict=True))
        deviations = sorted(abs(e.error) / e.sigma for e, own in both if own != fold)
        most = deviations[int(np.ceil(0.8 * len(deviations))) - 1]
        held += [abs(e.error) / e.sigma <= most for e, own in both if own == fold]
    return float(np.mean(held))


def _pairs(left_out: Sequence[NetworkLeftOut], scale: float) -> list[Pair]:
    """The pairs of the facts of which both are left out of one fit."""
    by_name: dict[str, dict[str, NetworkLeftOut]] = defaultdict(dict)
    for each in left_out:
        network, image = each.row.name.split(" ")
        by_name[network][image] = each
    found = []
    with (FACTS / "pairs.csv").open(encoding="utf-8") as lines:
        for pair in csv.DictReader(lines):
            first, second = by_name[pair["network"]], by_name[pair["other"]]
            image = min(first.keys() & second.keys(), default="", key=int)
            if not image or first[image].pricer is not second[image].pricer:
                continue
            error, sigma = second[image].ratio_to(first[image])
            measured = _by_image(second[image].row) / _by_image(first[image].row)
            found.append(Pair(
                pair["decision"], pair["network"], pair["other"], measured,
                measured * float(np.exp(error)), abs(error) <= scale * sigma * Z,
            ))  # fmt: skip
    return found


def _by_image(row: NetworkRow) -> float:
    return row.seconds / row.batch


def page(name: str, device: str, found: Figures) -> str:
    """The evidence of a target, in Markdown."""
    pairs = found.pairs
    clear = [pair for pair in pairs if max(pair.measured, 1 / pair.measured) > _DIFFER]
    errors = np.array([pair.error for pair in pairs])
    families: Mapping[str, list[float]] = defaultdict(list)
    for each in found.left_out:
        families[each.row.family].append(each.error)
    worst = sorted(families.items(), key=lambda pair: -abs(float(np.median(pair[1]))))[:10]
    networks = sorted(found.left_out, key=lambda each: -abs(each.error))[:10]
    lines = [
        f"# {name}",
        "",
        f"{device}: {len(found.left_out)} networks of {len(families)} families, each predicted by "
        "the fit to the other families (five folds). Written by `python benchmarks/published.py "
        f"--write {name}`.",
        "",
        "| | median error | 90th percentile | within 20 % | Spearman |",
        "|---|---|---|---|---|",
        *(each.line for each in found.errors),
        "",
        f"Within their band, scaled on the other folds (aim: 80 %): {found.held:.0%}.",
        "",
        f"![predicted against measured]({name}.svg)",
        "",
        "| family | networks | median error |",
        "|---|---|---|",
        *(f"| {f} | {len(e)} | {np.expm1(np.median(e)):+.0%} |" for f, e in worst),
        "",
        "| the ten worst networks, with the image | predicted against measured |",
        "|---|---|",
        *(f"| {each.row.name} | {np.expm1(each.error):+.0%} |" for each in networks),
        "",
        f"Pairs that differ in one decision, chosen by name, both left out: {len(pairs)}, median "
        f"error {np.median(errors):.1%}, 90th percentile {np.quantile(errors, 0.9):.0%}, in the "
        f"band {np.mean([pair.held for pair in pairs]):.0%}; of {len(clear)} that differ by "
        f"{_DIFFER} and more {sum(pair.wrong for pair in pairs)} have the wrong sign.",
        "",
        "| decision | from | to | measured | predicted |",
        "|---|---|---|---|---|",
        *(
            f"| {p.decision} | {p.network} | {p.other} | x{p.measured:.2f} | x{p.predicted:.2f} |"
            for p in pairs
        ),
    ]
    return "\n".join(lines) + "\n"


_SIDE, _EDGE = 420, 40


def plot(found: Figures) -> str:
    """Predicted against measured milliseconds of an image, both logarithmic, as SVG."""
    points = [
        (log10(1e3 * _by_image(each.row)), log10(1e3 * each.predicted / each.row.batch))
        for each in found.left_out
    ]
    low = min(min(pair) for pair in points)
    high = max(max(pair) for pair in points)

    def at(value: float) -> float:
        return _EDGE + (_SIDE - 2 * _EDGE) * (value - low) / (high - low)

    dots = "".join(f'<circle cx="{at(x):.1f}" cy="{_SIDE - at(y):.1f}" r="2"/>' for x, y in points)
    ticks = "".join(
        f'<text x="{at(t):.0f}" y="{_SIDE - 22}">{10.0**t:g}</text>'
        f'<text x="18" y="{_SIDE - at(t):.0f}">{10.0**t:g}</text>'
        for t in range(int(np.ceil(low)), int(high) + 1)
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_SIDE} {_SIDE}" '
        'font-family="sans-serif" font-size="10" text-anchor="middle">'
        f'<rect width="{_SIDE}" height="{_SIDE}" fill="#fff"/>'
        f'<path d="M{_EDGE} {_SIDE - _EDGE}L{_SIDE - _EDGE} {_EDGE}" stroke="#999"/>'
        f'<g fill="#1f5fa8" fill-opacity="0.5">{dots}</g>{ticks}'
        f'<text x="{_SIDE / 2:.0f}" y="{_SIDE - 6}">measured, ms an image</text>'
        f'<text x="{_SIDE / 2:.0f}" y="14">predicted, ms an image, family left out</text></svg>\n'
    )
