"""Which places of a model are known already: from the version before, or from a baseline."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from archlint.baseline import Entry, Sighting, pair
from archlint.graph.operator import Operator
from archlint.linter.check_rule import PricedPlace
from archlint.linter.ignores import Places
from archlint.linter.judge import Found
from archlint.linter.view import Priced
from archlint.results.judgement import Dearer, DearerOn

__all__ = [
    "Key",
    "KnownPlaces",
    "SeenPlace",
    "SortedPlaces",
    "key_of",
    "seen_places",
    "with_dearer",
]

Key = tuple[tuple[int, ...], str]
"""Operators and kind of decision of a place: what it is on every target."""


@dataclass(frozen=True, slots=True)
class SeenPlace:
    """A place of a model on all targets; `is_told` if its decision counts on one of them.

    `keys` are several where one exporter writes an operator for what others write in several.
    """

    keys: tuple[Key, ...]
    place: Sighting
    is_told: bool


@dataclass(frozen=True, slots=True)
class SortedPlaces:
    """The places of a rule: those to report, and the known ones by the reason that they have.

    `entries` are the numbers of the known ones, and `dearer` says of those that became dearer
    what they save and saved.
    """

    fresh: Places
    known: Mapping[str, Places]
    entries: Mapping[Key, int]
    dearer: Mapping[Key, tuple[DearerOn, ...]]


class KnownPlaces:
    """The known places of one model, and which of them were found.

    What the `entries` do not know, or know as cheaper, the `excused` may: a diff looks at the
    version before first, and then at the baseline.
    """

    def __init__(self, entries: Sequence[Entry], excused: Sequence[Entry] = ()) -> None:
        self._entries, self._excused = entries, excused
        self._used: set[int] = set()

    def sort(self, rule: str, seen: Iterable[SeenPlace], places: Places) -> SortedPlaces:
        """The places of a rule (its code), by whether they are known."""
        told = [each for each in seen if each.is_told]
        reasons: dict[Key, str] = {}
        dearer: dict[Key, tuple[DearerOn, ...]] = {}
        entries: dict[Key, int] = {}
        for each, number, is_dearer in _paired(self._entries, rule, told):
            entries.update(dict.fromkeys(each.keys, number))
            if is_dearer:
                dearer[each.keys[0]] = _saved(self._entries[number].place, each.place)
            else:
                reasons.update(dict.fromkeys(each.keys, self._entries[number].reason))
        for each, number, is_dearer in _paired(self._excused, rule, told):
            if not is_dearer and each.keys[0] not in reasons:
                reasons.update(dict.fromkeys(each.keys, self._excused[number].reason))
        self._used.update(entries.values())
        fresh: dict[str, list[PricedPlace]] = {target: [] for target in places}
        known: dict[str, dict[str, list[PricedPlace]]] = defaultdict(lambda: defaultdict(list))
        for target, of_target in places.items():
            for place in of_target:
                reason = reasons.get(key_of(place))
                (fresh if reason is None else known[reason])[target].append(place)
        return SortedPlaces(fresh, known, entries, dearer)

    def stale(self, rules: Iterable[str], targets: Iterable[str]) -> tuple[int, ...]:
        """The entries of these rules (codes) that nothing was found for.

        One that was written for another target too may still be true there.
        """
        codes, priced = set(rules), set(targets)
        return tuple(
            number
            for number, each in enumerate(self._entries)
            if number not in self._used
            and each.place.rule in codes
            and set(each.place.most) <= priced
        )


def _paired(
    entries: Sequence[Entry], rule: str, told: Sequence[SeenPlace]
) -> Iterator[tuple[SeenPlace, int, bool]]:
    """The places that are known, each with the number of its entry and whether it is dearer."""
    numbers = [n for n, each in enumerate(entries) if each.place.rule == rule]
    pairs = pair([entries[n].place for n in numbers], [each.place for each in told])
    for each, found in zip(told, pairs, strict=True):
        if found is not None:
            yield each, numbers[found.known], found.is_dearer


def seen_places(
    rule: str, places: Places, told: Places, views: Mapping[str, Priced]
) -> tuple[SeenPlace, ...]:
    """The places of a rule (its code), each once, in the order of the network."""
    keys_told = {key_of(place) for of_target in told.values() for place in of_target}
    spots: dict[Key, list[tuple[str, PricedPlace]]] = defaultdict(list)
    for target, of_target in places.items():
        for place in of_target:
            spots[key_of(place)].append((target, place))
    joined: dict[object, list[Key]] = defaultdict(list)
    for key in sorted(spots):
        target, place = spots[key][0]
        joined[_whole(views[target].view.model.operators[key[0][0]], key)].append(key)
    return tuple(
        SeenPlace(
            tuple(keys),
            _sighting(rule, every, views),
            not keys_told.isdisjoint(keys),
        )
        for keys in joined.values()
        for every in [[each for key in keys for each in spots[key]]]
    )


def key_of(place: PricedPlace) -> Key:
    """What a place is on every target."""
    return place.operators, place.decision.what


def with_dearer(found: Found, dearer: Mapping[Key, tuple[DearerOn, ...]]) -> Found:
    """The finding with those of its places that became dearer."""
    modules = {key_of(place): place.module for each in found.places.values() for place in each}
    told = tuple(Dearer(each, dearer[key]) for key, each in modules.items() if key in dearer)
    return replace(found, finding=replace(found.finding, dearer=told)) if told else found


def _sighting(
    rule: str, spot: Sequence[tuple[str, PricedPlace]], views: Mapping[str, Priced]
) -> Sighting:
    target, first = spot[0]
    saves: dict[str, float] = defaultdict(float)
    most: dict[str, float] = defaultdict(float)
    for target, place in spot:
        now = place.comparison.now.seconds * views[target].view.repeats(place)
        saves[target] += now * (1 - 1 / place.comparison.slowdown)
        most[target] += now * (1 - 1 / place.comparison.high)
    operators = views[target].view.model.operators
    operator = operators[first.operators[0]]
    what = first.decision.what
    if operator.op_type in _PARTS:
        what = what.replace(operator.op_type, "parts")
    # where no module is known, a name of the exporter's stands for it
    named = any(
        operators[index].name == first.module and not operators[index].module
        for index in first.operators
    )
    return Sighting(
        rule=rule,
        what=what,
        module="" if named else first.module,
        operator=_weighted(operator),
        makes=_made(operator),
        now=first.now,
        most=most,
        saves=saves,
    )


_PARTS = frozenset({"Gather", "Slice", "Split"})
"""To take a tensor apart one exporter writes a Split, and another one a Slice for each part."""


def _whole(operator: Operator, key: Key) -> object:
    """What places share that are one: the tensor that they take apart."""
    if len(key[0]) == 1 and operator.op_type in _PARTS and operator.activations:
        return operator.activations[0].name, key[1].replace(operator.op_type, "parts")
    return key


def _weighted(operator: Operator) -> str:
    """An operator with its weight, if it has one: "Conv 576x96x1x1"."""
    if operator.weight is None or operator.weight.shape is None:
        return operator.op_type
    return f"{operator.op_type} {'x'.join(map(str, operator.weight.shape))}"


def _made(operator: Operator) -> str:
    """The shape that an operator makes, "576x14x14": the first dim is not of the model."""
    shape = operator.output.shape
    return "" if shape is None else "x".join(map(str, shape[1:]))


def _saved(known: Sighting, found: Sighting) -> tuple[DearerOn, ...]:
    return tuple(
        DearerOn(target, found.saves.get(target), most)
        for target, most in sorted(known.most.items())
    )
