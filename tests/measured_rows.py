"""Which rows of a rule's tables its page shows: few, and telling."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from fractions import Fraction
from math import prod

from archlint.cost.kernels.kernel import Chain, Kernel
from archlint.cost.kernels.kind import Kind
from archlint.cost.pricing.table import Row

__all__ = [
    "activations",
    "boundaries",
    "by_flops",
    "fragment_case",
    "fragments",
    "groups",
    "kernel_of",
    "ratio_of",
    "unit_case",
    "widths",
]


def _by_series(rows: Iterable[Row]) -> list[list[Row]]:
    found: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        found[row.series].append(row)
    return list(found.values())


def kernel_of(row: Row) -> Kernel:
    return row.chain[0][1]


def ratio_of(kernel: Kernel) -> Fraction:
    return Fraction(max(kernel.c_in, kernel.c_out), min(kernel.c_in, kernel.c_out))


def _best(
    rows: Sequence[Row], window: tuple[int, ...], key: Callable[[Kernel], Fraction]
) -> list[list[Row]]:
    """The series of convs of this window with the most cases, from the even one to the widest.

    Of batch 1 and stride 1; three cases are enough, and then a large map tells most.
    """
    found = []
    for series in _by_series(rows):
        kernels = [kernel_of(row) for row in series]
        cases: dict[Fraction, Row] = {}
        for row in sorted(series, key=lambda row: (key(kernel_of(row)), row.kernels)):
            cases.setdefault(key(kernel_of(row)), row)
        is_one = all(
            k.op == "Conv" and k.window == window and set(k.strides) == {1} and k.batch == 1
            for k in kernels
        )
        if is_one and len(cases) > 1 and min(cases) < Fraction(3, 2):
            area = prod(kernels[0].in_map)
            rank = (min(len(cases), 3), area * (area <= 64 * 64), len(cases), max(cases))
            found.append((rank, list(cases.values())))
    return [max(found, key=lambda each: each[0])[1]] if found else []


def widths(rows: Sequence[Row]) -> list[list[Row]]:
    aligned = [row for row in rows if kernel_of(row).c_in % 8 == kernel_of(row).c_out % 8 == 0]
    return _best(aligned, (1, 1), ratio_of) + _best(aligned, (3, 3), ratio_of)


def groups(rows: Sequence[Row]) -> list[list[Row]]:
    def key(kernel: Kernel) -> Fraction:
        return Fraction(kernel.groups)

    return _best(rows, (1, 1), key) + _best(rows, (3, 3), key)


def boundaries(rows: Sequence[Row]) -> list[list[Row]]:
    """Of each sort the neighbours of one multiple of 16 whose speeds differ most, that one first.

    Those of one point differ in what their series ends in, the channels.
    """
    points: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        points[row.series.rpartition(":")[0]].append(row)
    best: dict[str, list[Row]] = {}
    for name, found in points.items():
        sort = name.rpartition(" ")[0]
        found.sort(key=lambda row: (kernel_of(row).c_out % 16 > 0, kernel_of(row).c_out))
        if len(found) > len(best.get(sort, ())) or _spread(found) > _spread(best[sort]):
            best[sort] = found
    return [best[sort] for sort in sorted(best)]


def _spread(rows: Sequence[Row]) -> float:
    rates = [by_flops(row) for row in rows]
    return max(rates) / min(rates)


def by_flops(row: Row) -> float:
    return row.median_s / kernel_of(row).flops


def fragments(rows: Sequence[Row]) -> list[list[Row]]:
    """Small convs and joins from the least to the largest."""
    convs = [row for row in rows if kernel_of(row).kind is Kind.CONV]
    joins = [row for row in rows if kernel_of(row).op in ("Concat", "Sum", "Add")]
    return [_some(sorted(each, key=lambda row: kernel_of(row).mac)) for each in (convs, joins)]


def _some(rows: Sequence[Row], count: int = 4) -> list[Row]:
    """So many rows, evenly from the first to the last."""
    if len(rows) <= count:
        return list(rows)
    return [rows[round(at * (len(rows) - 1) / (count - 1))] for at in range(count)]


def activations(rows: Sequence[Row]) -> list[list[Row]]:
    """The two tensors on which most activations were timed, the cheapest of them first."""
    found = [
        sorted(series, key=lambda row: row.median_s)
        for series in _by_series(rows)
        if len({kernel_of(row).op for row in series}) > 1
        and all(row.chain[0][1].kind is Kind.ELEMENTWISE for row in series)
        and any(kernel_of(row).op in ("Relu", "Clip", "LeakyRelu") for row in series)
    ]
    found.sort(key=lambda series: (-len(series), -series[0].median_s))
    return found[:2]


def fragment_case(chain: Chain) -> str:
    count = chain[0][0] // 10
    if count == 1:
        return "1"
    return f"{count} in {'parallel' if len(chain) > 1 else 'series'}"


def unit_case(chain: Chain) -> str:
    with_relu = any(kernel.epilogue for _, kernel in chain)
    with_add = any(kernel.op == "Add" for _, kernel in chain)
    parts = [name for name, there in (("ReLU", with_relu), ("Add", with_add)) if there]
    return " and ".join(parts) or "neither"
