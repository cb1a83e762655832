"""What a whole model changes with another width: one lowering for widths that lie apart."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence, Set

from archlint.cost.kernels.kernel import Kernel
from archlint.cost.lowering.difference import cancelled, difference, relower, unmatched
from archlint.cost.lowering.lowered import Lowered
from archlint.cost.lowering.runtime_rules import RuntimeRules
from archlint.cost.redesign.shared_width import LAYERS, SharedWidth
from archlint.graph.model import Model
from archlint.graph.rewidth import with_widths
from archlint.graph.widths import Widths

__all__ = ["Instead", "WidthChanges"]

Instead = tuple[tuple[int, ...], tuple[Kernel, ...]]
"""The numbers of the kernels that go, and the new ones."""

_Wanted = tuple[SharedWidth, int]

_OUTSIDE = -1
"""Among operators: what makes the model's inputs."""


class WidthChanges:
    """A model that is lowered again with other widths.

    Paths, fusions and reorders hang on what is around an operator, up to the layers next to it:
    widths of which these are apart are changed together, and each keeps its kernels.
    """

    def __init__(
        self, model: Model, lowered: Lowered, widths: Widths, lowering: RuntimeRules
    ) -> None:
        self._model, self._lowered, self._widths, self._lowering = model, lowered, widths, lowering
        self._layers = {
            index
            for placed in lowered.kernels
            if placed.kernel.kind in LAYERS
            for index in placed.operators[:1]
        }
        self._touching: dict[int, set[int]] = defaultdict(set)
        for op in model.operators:
            for tensor in (*op.activations, *op.outputs):
                if tensor.name in widths.group:
                    self._touching[widths.group[tensor.name]].add(op.index)

    def instead(self, wanted: Sequence[_Wanted]) -> list[Instead | None]:
        """What the whole model changes with each width, at these channels, by itself.

        None where the groups of an operator do not divide a width.
        """
        reach = [self._reach(width) for width, _ in wanted]
        found: list[Instead | None] = [None for _ in wanted]
        for together in _apart(reach):
            made = self._together([wanted[at] for at in together], [reach[at] for at in together])
            for number, at in enumerate(together):
                found[at] = self._alone(wanted[at]) if made is None else made[number]
        return found

    def _alone(self, wanted: _Wanted) -> Instead | None:
        relowered = self._relowered([wanted])
        return None if relowered is None else difference(self._lowered, relowered)

    def _together(
        self, wanted: Sequence[_Wanted], reach: Sequence[Set[int]]
    ) -> Sequence[Instead] | None:
        """None where one cannot be, or where a kernel changes that is in reach of none alone."""
        relowered = self._relowered(wanted) if len(wanted) > 1 else None
        if relowered is None:
            return None
        home = {index: at for at, each in enumerate(reach) for index in each}
        numbers: list[list[int]] = [[] for _ in wanted]
        kernels: list[list[Kernel]] = [[] for _ in wanted]
        gone, new = unmatched(self._lowered, relowered)
        for number in gone:
            at = _only({home.get(each) for each in self._lowered.kernels[number].operators})
            if at is None:
                return None
            numbers[at].append(number)
        for placed in new:
            at = _only({home.get(each) for each in placed.operators})
            if at is None:
                return None
            kernels[at].append(placed.kernel)
        return [cancelled(self._lowered, *each) for each in zip(numbers, kernels, strict=True)]

    def _relowered(self, wanted: Iterable[_Wanted]) -> Lowered | None:
        new: dict[int, int] = {}
        for width, channels in wanted:
            new |= width.widths_at(channels, self._widths)
        other = with_widths(self._model, self._widths, new)
        return None if other is None else relower(other, self._lowering, self._lowered)

    def _reach(self, width: SharedWidth) -> set[int]:
        """The operators on tensors of this width, and those around up to the next layers."""
        found = {index for group in width.more for index in self._touching[group]}
        pending = list(found)
        while pending:
            op = self._model.operators[pending.pop()]
            if any(tensor.name not in self._model.makers for tensor in op.activations):
                found.add(_OUTSIDE)
            for each in (*self._model.before(op.index), *self._model.after(op.index)):
                if each not in found:
                    found.add(each)
                    if each not in self._layers:
                        pending.append(each)
        return found


def _only(homes: set[int | None]) -> int | None:
    return homes.pop() if len(homes) == 1 else None


def _apart(reach: Sequence[Set[int]]) -> list[list[int]]:
    """Each in the first group of which none reaches what it reaches."""
    groups: list[tuple[list[int], set[int]]] = []
    for at, each in enumerate(reach):
        group = next((group for group in groups if group[1].isdisjoint(each)), None)
        if group is None:
            groups.append(([at], set(each)))
        else:
            group[0].append(at)
            group[1].update(each)
    return [members for members, _ in groups]
