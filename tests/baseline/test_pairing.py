from __future__ import annotations

from dataclasses import replace

from archlint.baseline import Pairing, Sighting, pair

PLACE = Sighting(
    rule="G1",
    what="width",
    module="blocks.3.expand",
    operator="Conv 144x24x1x1",
    makes="144x56x56",
    now="24 > 144 > 24 channels",
    most={"gpu": 2e-3},
    saves={"gpu": 1e-3},
)


def at(module: str, **changes: object) -> Sighting:
    return replace(PLACE, module=module, **changes)  # type: ignore[arg-type]


def numbers(known: list[Sighting], found: list[Sighting]) -> list[int | None]:
    return [None if each is None else each.known for each in pair(known, found)]


def test_a_place_is_known_by_what_it_is() -> None:
    assert pair([PLACE], [PLACE]) == [Pairing(0, is_dearer=False)]


def test_a_place_is_known_only_once() -> None:
    assert numbers([PLACE], [PLACE, PLACE]) == [0, None]


def test_its_own_module_comes_before_one_like_it() -> None:
    known = [at("blocks.3.expand"), at("blocks.4.expand")]
    assert numbers(known, [at("blocks.4.expand"), at("blocks.3.expand")]) == [1, 0]


def test_indices_may_have_moved() -> None:
    known = [at("blocks.3.expand"), at("blocks.4.expand")]
    found = [at("blocks.4.expand"), at("blocks.5.expand")]
    assert numbers(known, found) == [1, 0]


def test_what_moved_is_not_taken_for_what_stands_there_now() -> None:
    known = [at("blocks.3.expand"), at("blocks.4.expand", operator="Conv 192x32x1x1")]
    found = [at("blocks.4.expand"), at("blocks.5.expand", operator="Conv 192x32x1x1")]
    assert numbers(known, found) == [0, 1]


def test_modules_may_be_called_otherwise_or_not_at_all() -> None:
    assert numbers([PLACE], [at("features.conv")]) == [0]
    assert numbers([PLACE], [at("")]) == [0]


def test_another_decision_or_operator_is_new() -> None:
    assert numbers([PLACE], [at("other", what="groups")]) == [None]
    assert numbers([PLACE], [at("other", operator="Conv 8x8x1x1", makes="8x7x7")]) == [None]


def test_nothing_is_known_by_having_no_module() -> None:
    known = at("")
    assert numbers([known], [replace(known, operator="Conv 8x8x1x1", makes="8x7x7")]) == [None]


def test_a_changed_place_is_known_up_to_its_band() -> None:
    changed = at("blocks.3.expand", operator="Conv 192x32x1x1", makes="192x56x56")
    assert pair([PLACE], [replace(changed, saves={"gpu": 1.9e-3})]) == [Pairing(0, False)]
    assert pair([PLACE], [replace(changed, saves={"gpu": 2.1e-3})]) == [Pairing(0, True)]


def test_the_same_place_is_never_dearer() -> None:
    # its price may be another one, of a new table: the model has not changed
    assert pair([PLACE], [replace(PLACE, saves={"gpu": 1.0})]) == [Pairing(0, False)]


def test_on_another_target_nothing_is_dearer() -> None:
    changed = at("blocks.3.expand", operator="Conv 192x32x1x1", saves={"arm": 1.0})
    assert pair([PLACE], [changed]) == [Pairing(0, False)]
