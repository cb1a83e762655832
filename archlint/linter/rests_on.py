"""What a finding rests on: the prices of its kernels, and the measured rows next to them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from archlint.cost.kernels.kernel import Kernel
from archlint.cost.nearest_rows import NearestRows
from archlint.linter.check_rule import PricedPlace
from archlint.linter.judge import Found
from archlint.linter.view import Priced
from archlint.results.findings import KernelPrice, MeasuredRow, RestsOn

__all__ = ["rests_on"]

ROWS = 3
"""Rows of each kernel."""


def rests_on(
    found: Found, views: Mapping[str, Priced], tables: Mapping[str, NearestRows]
) -> tuple[RestsOn, ...]:
    """The kernels of the finding's costliest place, now and instead, on each target."""
    if not found.finding.places:
        return ()
    names = found.finding.places[0].operators
    return tuple(
        RestsOn(target, tuple(_kernels(place, views[target], tables[target])))
        for target, places in found.places.items()
        for place in _named(places, names, views[target])
    )


def _named(
    places: Sequence[PricedPlace], names: Sequence[str], priced: Priced
) -> Sequence[PricedPlace]:
    operators = priced.view.model.operators
    is_it = (tuple(operators[i].name for i in each.operators) == tuple(names) for each in places)
    return [place for place, yes in zip(places, is_it, strict=True) if yes][:1]


def _kernels(place: PricedPlace, priced: Priced, tables: NearestRows) -> Iterator[KernelPrice]:
    sides = (("now", priced.view.kernels(place.kernels)), ("instead", place.instead_kernels))
    for side, kernels in sides:
        for kernel, count in Counter(kernels).items():
            yield _kernel(side, kernel, count, priced, tables)


def _kernel(
    side: str, kernel: Kernel, count: int, priced: Priced, tables: NearestRows
) -> KernelPrice:
    price = priced.view.pricer.price(kernel)
    rows = tuple(
        MeasuredRow(
            each.rule, each.kernels, each.median_s, each.p10_s, each.p90_s, each.sessions,
            each.measured,
        )
        for each in tables.near(kernel, ROWS)
    )  # fmt: skip
    if price is None:
        return KernelPrice(side, kernel.title, count, None, None, None, None, rows)
    return KernelPrice(
        side, kernel.title, count, price.seconds, price.low, price.high, price.basis, rows
    )
