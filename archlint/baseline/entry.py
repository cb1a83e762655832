"""One place as it is known again, and as a baseline keeps it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from archlint.cost.pricing.sound import check_finite

__all__ = ["Entry", "Sighting"]


@dataclass(frozen=True, slots=True)
class Sighting:
    """A place by what it is: nothing here hangs on an exporter's names, a line or a price.

    `rule` is the code and `what` the kind of decision ("width"); `operator` is the telling
    operator with its weight and `makes` the shape that it makes, without the batch; `now` is the
    place in words.
    `saves` and `most` are the saving and its 90th percentile by target, in seconds; a file
    keeps the latter alone.
    """

    rule: str
    what: str
    module: str
    operator: str
    makes: str
    now: str
    most: Mapping[str, float]
    saves: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for seconds in (*self.most.values(), *self.saves.values()):
            check_finite(seconds)

    def entry(self, model: str, reason: str, before: Entry | None = None) -> Entry:
        """This place as known; with what was known before, for the same reason."""
        if before is None:
            return Entry(model, self, reason)
        # on the targets that it is not priced for now, it stays as it was
        most = {**before.place.most, **self.most}
        return Entry(model, replace(self, most=most), before.reason)


@dataclass(frozen=True, slots=True)
class Entry:
    """A place that is known, of which model, and why it stays as it is."""

    model: str
    place: Sighting
    reason: str

    @property
    def title(self) -> str:
        """The place and the reason in one line."""
        where = self.place.module or self.place.operator
        return f"{self.place.rule} {self.place.what}, {where}: {self.reason}"
