"""A model that has a batch which targets do not price, at the nearest that they do."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from archlint.cost.pricer import Pricer
from archlint.errors import ModelError, UsageError
from archlint.graph.model import Model
from archlint.linter.source import Loaded, build
from archlint.settings.options import Options

__all__ = ["AtBatches", "at_priced_batches"]


@dataclass(frozen=True, slots=True)
class AtBatches:
    """A model, what it is on the targets that price none of its batches, and why it is not there.

    `others` and `why_not` are by target, and `remarks` say which batches were taken.
    """

    model: Model
    others: Mapping[str, Model] = field(default_factory=dict)
    why_not: Mapping[str, str] = field(default_factory=dict)
    remarks: tuple[str, ...] = ()


def at_priced_batches(loaded: Loaded, pricers: Sequence[Pricer], options: Options) -> AtBatches:
    """The model at a batch that all targets price, or where there is none that, at several.

    It stays as it is where its batch was asked for or is priced, and on targets at whose batches
    not all of its FLOPs would follow the batch exactly.  Raises ModelError and UsageError.
    """
    own = build(loaded, options, options.batch)
    ranges = {each.target.name: each.target.batches for each in pricers}
    if own.batch is None or options.batch:
        return AtBatches(own)
    low, high = _shared(ranges.values())
    wanted = {
        target: _nearest(own.batch, (low, high) if low <= high else each)
        for target, each in ranges.items()
    }
    made: dict[int, Model | str] = {own.batch: own}
    for batch in wanted.values():
        if batch not in made:
            made[batch] = _rebatched(loaded, own, options, batch)
    model = made[next(iter(wanted.values()))] if low <= high else own
    others, why_not = dict[str, Model](), dict[str, str]()
    for target, batch in wanted.items():
        found = made[batch]
        if isinstance(found, str):
            why_not[target] = found
        elif found is not own:
            others[target] = found
    return AtBatches(
        own if isinstance(model, str) else model, others, why_not, _remarks(own, others, ranges)
    )


def _shared(ranges: Iterable[tuple[int, int]]) -> tuple[int, int]:
    """The batches that all of these have; none where the first is beyond the last."""
    every = list(ranges)
    return max((low for low, _ in every), default=1), min((high for _, high in every), default=0)


def _nearest(batch: int, within: tuple[int, int]) -> int:
    low, high = within
    return min(max(batch, low), high)


def _rebatched(loaded: Loaded, own: Model, options: Options, batch: int) -> Model | str:
    """The model at another batch, or why it is not to be had there."""
    from archlint.graph.rebatch import unscaled  # few files come to this

    try:
        other = build(loaded, options, None, rebatch=batch)
    except ModelError as fault:
        return fault.reason
    except UsageError as fault:
        return str(fault)
    operator = unscaled(own, other)
    if operator is not None or len(own.operators) != len(other.operators):
        of = "" if operator is None else f" of {operator.name} ({operator.op_type})"
        return f"at batch {batch} the FLOPs{of} do not follow the batch"
    return other


def _remarks(
    own: Model, others: Mapping[str, Model], ranges: Mapping[str, tuple[int, int]]
) -> tuple[str, ...]:
    targets: dict[int | None, list[str]] = {}
    for name, each in others.items():
        targets.setdefault(each.batch, []).append(name)
    lines = []
    for batch, names in targets.items():
        on = "" if len(names) == len(ranges) else f"{', '.join(names)}: "
        instead = ", which the file leaves open" if own.batch_is_assumed else f" for {own.batch}"
        price = "target prices" if len(ranges) == 1 else "targets price"
        lines.append(f"{on}batch {batch}{instead}: the nearest that the {price}")
    return tuple(lines)
