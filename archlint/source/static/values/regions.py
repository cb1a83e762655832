"""What changes while it is not known how often, or whether, code runs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from archlint.source.static.values import value as v
from archlint.source.static.values.unions import union

__all__ = ["Outcome", "Regions"]

_Names = dict[str, v.Value]


@dataclass(slots=True, eq=False)
class _Region:
    """A loop's body or a branch: where series ended and what names had been before it."""

    starts: dict[int, tuple[v.Series, int]] = field(default_factory=dict)
    before: dict[tuple[int, str], tuple[_Names, v.Value | None]] = field(default_factory=dict)


@dataclass(slots=True, eq=False)
class Outcome:
    """What a branch put to the ends of series, and what it set names to."""

    tails: dict[int, tuple[v.Series, v.Items]] = field(default_factory=dict)
    names: dict[tuple[int, str], tuple[_Names, v.Value | None]] = field(default_factory=dict)


class Regions:
    """The regions that run now, the outermost first."""

    def __init__(self) -> None:
        self._open: list[_Region] = []

    @property
    def level(self) -> int:
        """How many regions are open."""
        return len(self._open)

    @contextmanager
    def aside(self) -> Iterator[None]:
        """Run what belongs to no open region."""
        self._open, before = [], self._open
        try:
            yield
        finally:
            self._open = before

    def assign(self, names: _Names, name: str, value: v.Value) -> None:
        """Set a name, so that each region knows what it was before."""
        for region in self._open:
            region.before.setdefault((id(names), name), (names, names.get(name)))
        names[name] = value

    def touch(self, series: v.Series) -> None:
        """Say that a series is about to grow at its end."""
        for level, region in enumerate(self._open):
            if series.level <= level:
                region.starts.setdefault(id(series), (series, len(series.items)))

    def append(self, series: v.Series, *items: v.Item) -> None:
        """Put items at the end of a series."""
        self.touch(series)
        series.items.extend(items)

    def insert(self, series: v.Series, place: int | None, value: v.Value) -> None:
        """Put a value somewhere into a series; None where it is not known."""
        regions = [each for n, each in enumerate(self._open) if series.level <= n]
        place = len(series.items) if place is None else place
        if place >= len(series.items):
            self.append(series, value)
            return
        series.items.insert(place, v.Repeat((value,)) if regions else value)
        for region in regions:
            known, start = region.starts.get(id(series), (series, len(series.items) - 1))
            region.starts[id(series)] = known, start + 1

    @contextmanager
    def _opened(self) -> Iterator[_Region]:
        region = _Region()
        self._open.append(region)
        try:
            yield region
        finally:
            self._open.remove(region)

    @contextmanager
    def repeated(self) -> Iterator[None]:
        """A body that runs any number of times: what it appends is repeated."""
        with self._opened() as region:
            yield
        for series, start in region.starts.values():
            tail = series.items[start:]
            if tail:
                series.items[start:] = [v.Repeat(tuple(tail))]
        for (_, name), (names, old) in region.before.items():
            if old is not None and name in names:
                names[name] = union(old, names[name])

    @contextmanager
    def branch(self, outcomes: list[Outcome]) -> Iterator[None]:
        """A branch that may run: what it does is undone and put to the outcomes, for `merge`."""
        with self._opened() as region:
            yield
        outcome = Outcome()
        for key, (series, start) in region.starts.items():
            outcome.tails[key] = series, tuple(series.items[start:])
            del series.items[start:]
        for at, (names, old) in region.before.items():
            outcome.names[at] = names, names.get(at[1])
            if old is None:
                names.pop(at[1], None)
            else:
                names[at[1]] = old
        outcomes.append(outcome)

    def merge(self, outcomes: Sequence[Outcome]) -> None:
        """Join branches of which one runs."""
        tails = {key: each[0] for outcome in outcomes for key, each in outcome.tails.items()}
        for key, series in tails.items():
            choices = [each.tails[key][1] if key in each.tails else () for each in outcomes]
            if len(choices) == 1:
                self.append(series, *choices[0])
            elif any(choices):
                self.append(series, v.Either(tuple(choices)))
        held = {at: each[0] for outcome in outcomes for at, each in outcome.names.items()}
        for at, names in held.items():
            before = names.get(at[1])
            values = [each.names[at][1] if at in each.names else before for each in outcomes]
            known = [each for each in values if each is not None]
            if known:
                self.assign(names, at[1], union(*known))
