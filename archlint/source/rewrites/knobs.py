"""Which numbers to turn together: the one that decides, and those that give the widths back."""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import sqrt

from archlint.remedy import AlignedWidths, OtherWidths
from archlint.source.rewrites.edit import Splice
from archlint.source.rewrites.literals import Literal

__all__ = ["Decision", "Knob", "find_aligned", "find_decisions", "find_widths"]

_GROUPS = re.compile(r"group|cardinality", re.IGNORECASE)
_RATIO = re.compile(r"expan|ratio|mult|factor|bottleneck|reduc|squeeze|mlp|^t$|^e$", re.IGNORECASE)
_WIDTH = re.compile(
    r"width|channel|planes|dim|feature|hidden|filter|embed|inner|outer|base|stem|size|^c\d?$",
    re.IGNORECASE,
)
_NO_WIDTH = re.compile(
    r"kernel|stride|pad|dilat|depth|layers|blocks|classes|repeat|image|patch|input|eps|drop"
)
_LEAST_WIDTH = 8


@dataclass(frozen=True, slots=True)
class Knob:
    """Numbers that change together, by one factor."""

    literals: tuple[Literal, ...]

    @property
    def values(self) -> tuple[int | float, ...]:
        """The numbers as they stand."""
        return tuple(each.value for each in self.literals)

    @property
    def inverse(self) -> bool:
        """Whether the model gets narrower where the numbers rise."""
        return all(each.factor == "/" for each in self.literals)

    def splices(self, values: Sequence[int | float]) -> tuple[Splice, ...]:
        """The numbers at other values."""
        return tuple(
            Splice(each.path, each.start, each.end, _text(value))
            for each, value in zip(self.literals, values, strict=True)
            if value != each.value
        )

    def words(self, values: Sequence[int | float]) -> str:
        """What changes: "widths 96 -> 168 (nets.py:12)", "width * 4 -> 2 (nets.py:12)"."""
        first = self.literals[0]
        if first.factor:
            role = f"{first.operand} {first.factor}"
        else:
            role = next((each.role for each in self.literals if each.role), "")
        was = ", ".join(dict.fromkeys(_text(each) for each in self.values))
        now = ", ".join(dict.fromkeys(_text(each) for each in values))
        return f"{role} {was} -> {now} ({self.literals[0].where})".strip()


@dataclass(frozen=True, slots=True)
class Decision:
    """What to change first, to which values, and the widths that stand beside it, if any."""

    knob: Knob
    tries: tuple[tuple[int | float, ...], ...]
    beside: Knob | None = None


def find_decisions(literals: Sequence[Literal], remedies: Sequence[OtherWidths]) -> list[Decision]:
    """The numbers that decided what is to change, the surest first."""
    groups = {each.groups: each.groups_instead for each in remedies if each.groups > 1}
    if groups:
        return list(_grouped(literals, groups))
    return [*_of_rows(literals, remedies), *_of_ratios(literals, remedies)]


def find_aligned(
    literals: Sequence[Literal], remedies: Sequence[AlignedWidths]
) -> list[tuple[Knob, tuple[int, ...]]]:
    """The numbers that give these widths, with their new values: all, and those of one role.

    A width may be written as what it is half of, so that sums of it count too.
    """
    new: dict[int | float, int] = {}
    for remedy in remedies:
        for now, instead in remedy.changes:
            new.setdefault(now, instead)
    found = [each for each in literals if each.value in new and _is_width(each)]
    sets = [tuple(found)] if found else []
    sets += _alike(found, lambda each: each.value)
    sets += _alike(found, lambda each: (each.role, each.value))
    return [(Knob(each), tuple(new[one.value] for one in each)) for each in dict.fromkeys(sets)]


def find_widths(
    literals: Sequence[Literal], remedies: Sequence[OtherWidths], decision: Decision,
    values: Sequence[int | float],
) -> list[Knob]:  # fmt: skip
    """The numbers that give widths, the likeliest first; `values` are the decision's new ones."""
    taken = {each.start for each in decision.knob.literals}
    free = [each for each in literals if each.start not in taken and _is_width(each)]
    known = {width for each in remedies for width in (each.outer[0], each.inner[0])}
    found: list[Knob] = [decision.beside] if decision.beside is not None else []
    rows = _by_row(free)
    found += [Knob(row) for row in rows if row[0].cell and row[0].cell.key in values]
    found += [Knob(row) for row in rows if len(row) > 1 and known & {e.value for e in row}]
    columns = _by_column(free)
    found += [Knob(col) for col in columns if len(known & {e.value for e in col}) > 1]
    alone = [each for each in free if each.cell is None and not each.factor]
    found += _by_role(each for each in alone if each.value in known)
    found += _by_role(
        each for each in alone if each.value not in known and _WIDTH.search(each.role)
    )
    found += [Knob(row) for row in rows if _WIDTH.search(row[0].role)]
    ratios = {_ratio(each.outer[0], each.inner[0]) for each in remedies}
    found += [
        Knob((each,))
        for each in literals
        if each.factor and each.value in ratios and each.start not in taken
    ]
    return list(dict.fromkeys(found))


def _grouped(literals: Sequence[Literal], groups: Mapping[int, int]) -> Iterator[Decision]:
    named = [each for each in literals if each.value in groups and _GROUPS.search(each.role)]
    cells = [each for each in named if each.cell is not None]
    plain = [each for each in named if each.cell is None]
    for found in (plain, cells):
        if found:
            instead = tuple(groups[int(each.value)] for each in found)
            yield Decision(Knob(tuple(found)), (instead,))


def _of_rows(literals: Sequence[Literal], remedies: Sequence[OtherWidths]) -> Iterator[Decision]:
    """Rows such as (6, 96, 3, 1): the ratio of the widths beside one of these."""
    ratios: list[Literal] = []
    widths: list[Literal] = []
    wanted: list[float] = []
    for row in _by_row(literals):
        for remedy in remedies:
            ratio = _ratio(remedy.outer[0], remedy.inner[0])
            deciding = [each for each in row if each.value == ratio]
            beside = [each for each in row if each.value in (remedy.outer[0], remedy.inner[0])]
            if len(deciding) == 1 and len(beside) == 1 and deciding[0] not in ratios:
                ratios += deciding
                widths += beside
                wanted.append(_ratio(remedy.outer[1], remedy.inner[1]))
    if ratios and len({each.value for each in ratios}) == 1:
        tries = _toward(ratios[0].value, sum(wanted) / len(wanted))
        yield Decision(
            Knob(tuple(ratios)),
            tuple((each,) * len(ratios) for each in tries),
            Knob(tuple(widths)),
        )


def _of_ratios(literals: Sequence[Literal], remedies: Sequence[OtherWidths]) -> Iterator[Decision]:
    for remedy in remedies[:1]:
        now = _ratio(remedy.outer[0], remedy.inner[0])
        instead = _ratio(remedy.outer[1], remedy.inner[1])
        found = [each for each in literals if each.value == now and each.cell is None]
        named = [each for each in found if _RATIO.search(each.role) and not each.factor]
        factors = [each for each in found if each.factor]
        for knob in (*_by_role(named), *_by_operand(factors)):
            tries = _toward(knob.literals[0].value, instead)
            yield Decision(knob, tuple((each,) * len(knob.literals) for each in tries))


def _toward(now: int | float, instead: float) -> tuple[int | float, ...]:
    """Values from now to the rule's: the rule's own, then between them."""
    between = sqrt(now * max(instead, 1.0))
    if isinstance(now, int):
        near = [round(instead), round(instead) + 1, round(between)]
        tries = [each for each in dict.fromkeys(near) if 1 < each < now]
        return tuple(tries) or ((1,) if now > 1 and instead < 1.5 else ())
    return tuple(dict.fromkeys(round(each, 2) for each in (instead, between) if each < now))


def _is_width(literal: Literal) -> bool:
    if literal.factor or literal.value < _LEAST_WIDTH or not isinstance(literal.value, int):
        return False
    return not _NO_WIDTH.search(literal.role) and not _GROUPS.search(literal.role)


def _by_row(literals: Iterable[Literal]) -> list[tuple[Literal, ...]]:
    return _alike(literals, lambda each: each.cell and (each.path, each.cell.row))


def _by_column(literals: Iterable[Literal]) -> list[tuple[Literal, ...]]:
    tables = (each for each in literals if each.cell and each.cell.table != each.cell.row)
    columns = _alike(
        tables, lambda each: each.cell and (each.path, each.cell.table, each.cell.column)
    )
    return [column for column in columns if len(column) > 1]


def _by_role(literals: Iterable[Literal]) -> list[Knob]:
    return [Knob(each) for each in _alike(literals, lambda each: (each.role, each.value))]


def _by_operand(literals: Sequence[Literal]) -> Iterator[Knob]:
    """Those that stand for one width, as in `c * 4` written thrice, together; then each alone."""
    written = _alike(literals, lambda each: (each.path, each.factor, each.operand))
    yield from (Knob(each) for each in written if len(each) > 1)
    yield from (Knob((each,)) for each in literals)


def _alike(
    literals: Iterable[Literal], key: Callable[[Literal], Hashable]
) -> list[tuple[Literal, ...]]:
    """Those that share a key, in the order of the first; those whose key is None are left out."""
    found: dict[Hashable, list[Literal]] = {}
    for each in literals:
        if (shared := key(each)) is not None:
            found.setdefault(shared, []).append(each)
    return [tuple(each) for each in found.values()]


def _ratio(one: int, other: int) -> float:
    return max(one, other) / min(one, other)


def _text(value: int | float) -> str:
    return str(value) if isinstance(value, int) else f"{value:g}"
