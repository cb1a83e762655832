"""What else could stand at a place, with its price."""

from __future__ import annotations

from collections.abc import Iterator

from archlint.results.findings import PricedChoice
from archlint.rule import Place, View

__all__ = ["priced_choices"]


def priced_choices(place: Place, view: View) -> Iterator[PricedChoice]:
    """The choices of a place, as often as it runs; what has no price is none."""
    now = sum(kernel.flops for kernel in view.kernels(place.kernels)) or 1
    for each in place.choices:
        seconds = view.pricer.seconds(each.kernels)
        if seconds is not None:
            yield PricedChoice(
                target=view.target.name,
                text=each.text,
                seconds=seconds * view.repeats(place),
                flops=sum(kernel.flops for kernel in each.kernels) / now,
                at_equal_time=each.at_equal_time,
                is_instead=each.kernels == place.instead_kernels,
            )
