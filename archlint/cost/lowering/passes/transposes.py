"""The pass that moves Transposes to where they cancel.

ONNX Runtime moves a Transpose through the operator behind it where that makes less of them, by the
count of dims that are not 1, another Transpose ahead being one that it may meet.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from archlint.cost.lowering.pass_graph import PassGraph, Step
from archlint.cost.lowering.passes.permuted import (
    Perm,
    composed,
    inverse,
    permuted,
    through_operator,
)
from archlint.cost.lowering.runtime_rules import RuntimeRules
from archlint.graph.operator import Tensor

__all__ = ["ONE_ROAD", "Transposes", "move_transposes"]

ONE_ROAD = frozenset({"Reshape", "Transpose"})
"""What a Transpose may vanish before, but is not moved through."""


def move_transposes(graph: PassGraph, lowering: RuntimeRules) -> None:
    """Move Transposes through operators and cancel them."""
    if lowering.fusions is not None and lowering.fusions.through:
        Transposes(graph, lowering.fusions.through).run()


class Transposes:
    """The Transposes of a graph, and what they are moved through."""

    def __init__(self, graph: PassGraph, through: frozenset[str]) -> None:
        self._graph, self._through = graph, through
        self._ahead: dict[str, set[Perm]] = {}
        """The Transposes ahead of a tensor, behind what they could be moved through."""

    def run(self) -> None:
        """Move each Transpose as far as that pays, in the order of what reads them."""
        self._look_ahead()
        for step in self._graph:
            for tensor in step.reads:
                maker = self._graph.maker(tensor)
                if maker is not None and maker.name == "Transpose" and self._process(step, maker):
                    break

    def passes(self, step: Step) -> bool:
        """Whether a Transpose can be moved through a step."""
        return step.name in self._through

    def vanishes_before(self, step: Step) -> bool:
        """Whether a Transpose before a step is likely to go."""
        return step.name in ONE_ROAD or self.passes(step)

    def moves(self, step: Step, perm: Perm) -> bool:
        """Whether to move this Transpose through a step."""
        return self.passes(step) and self._cost(step, perm) < 0

    def swap(self, step: Step, perm: Perm) -> Iterable[Step]:
        """Let a step read and write its tensors before this Transpose: the Transposes behind it.

        None where it cannot.
        """
        moved = through_operator(step, perm)
        if moved is None:
            return []
        for tensor in tuple(step.reads):
            self._read_transposed(step, tensor, inverse(perm))
        inner = [
            permuted(tensor, f"{tensor.name}/moved", inverse(moved.perm)) for tensor in step.writes
        ]
        behind = self._write_instead(step, inner, moved.perm)
        step.op = moved.operator(step)
        return behind

    def _look_ahead(self) -> None:
        for step in reversed(list(self._graph)):
            if step.name == "Transpose":
                ahead = {step.permutation}
            elif self.passes(step):
                ahead = set().union(*(self._ahead.get(each.name, ()) for each in step.writes))
            else:
                continue
            for tensor in step.reads if ahead else ():
                self._ahead.setdefault(tensor.name, set()).update(ahead)

    def _process(self, step: Step, before: Step) -> bool:
        """Whether a Transpose is moved through the step behind it."""
        if step.name == "Transpose":
            if len(step.permutation) != len(before.permutation):
                return False  # what changed the dims between the two is imagined away
            self._compose(step, before)
            return True
        if step.name == "Reshape":
            return self._split_dims(step, before)
        if not self.moves(step, before.permutation):
            return False
        behind = list(self.swap(step, before.permutation))
        if behind and not before.alive:
            behind[0].members.extend(before.members)
        return bool(behind)

    def _cost(self, step: Step, perm: Perm) -> int:
        """How many dims more are transposed if the step is behind the Transpose no more."""
        cost = sum(self._cost_of(tensor, perm) for tensor in step.reads)
        moved = through_operator(step, perm)
        behind = perm if moved is None else moved.perm
        if cost < 0 and not any(self._meets(tensor, behind) for tensor in step.writes):
            cost += max(map(_rank, step.writes))
        return cost

    def _meets(self, tensor: Tensor, perm: Perm) -> bool:
        """Whether a Transpose behind a tensor meets one that takes it up.

        Where others read the tensor too it has to stay for these, unless it cancels.
        """
        ahead = self._ahead.get(tensor.name, set())
        return inverse(perm) in ahead or (bool(ahead) and self._graph.uses(tensor) == 1)

    def _cost_of(self, tensor: Tensor, perm: Perm) -> int:
        maker = self._graph.maker(tensor)
        if maker is None or maker.name != "Transpose":
            return _rank(tensor)
        vanishes = tensor.name not in self._graph.outputs and all(
            map(self.vanishes_before, self._graph.readers(tensor))
        )
        return -_rank(tensor) if vanishes and maker.permutation == perm else 0

    def _write_instead(self, step: Step, inner: list[Tensor], perm: Perm) -> list[Step]:
        """Let a step make other tensors, and Transposes of these what it made before."""
        outer, step.writes = step.writes, inner
        behind = []
        for tensor, made in zip(inner, outer, strict=True):
            self._graph.makes(step, tensor)
            behind.append(self._graph.insert("Transpose", step, 1, tensor, made, perm=perm))
        return behind

    def _read_transposed(self, step: Step, tensor: Tensor, perm: Perm) -> None:
        maker = self._graph.maker(tensor)
        source = tensor
        is_turned = maker is not None and maker.name == "Transpose"
        if maker is not None and is_turned and len(maker.permutation) == len(perm):
            source, perm = maker.reads[0], composed(maker.permutation, perm)
        if perm == tuple(range(len(perm))):
            self._graph.read_instead(step, tensor, source)
        else:
            self._graph.read_instead(step, tensor, self._transposed(step, source, perm))
        if maker is not None and is_turned and not self._graph.uses(tensor):
            self._graph.drop(maker)

    def _transposed(self, step: Step, source: Tensor, perm: Perm) -> Tensor:
        """What a Transpose makes of a tensor, a new one if there is none."""
        for each in self._graph.readers(source):
            if each.name == "Transpose" and each.alive and each.permutation == perm:
                return each.output
        made = permuted(source, f"{source.name}/{'-'.join(map(str, perm))}", perm)
        self._graph.insert("Transpose", step, -1, source, made, perm=perm)
        return made

    def _compose(self, step: Step, before: Step) -> None:
        """Two Transposes are one, or none."""
        perm = composed(before.permutation, step.permutation)
        source, output = before.reads[0], step.output
        cancels = perm == tuple(range(len(perm)))
        if cancels and output.name in self._graph.outputs:
            return
        if cancels:
            for reader in self._graph.readers(output):
                self._graph.read_instead(reader, output, source)
            self._graph.drop(step)
        else:
            self._graph.read_instead(step, before.output, source)
            step.op = replace(step.op, inputs=(source,), attributes={"perm": perm})
        if not self._graph.uses(before.output):
            self._graph.drop(before)
            if not cancels:
                step.members.extend(before.members)

    def _split_dims(self, step: Step, before: Step) -> bool:
        """Whether a Transpose is moved behind a Reshape that only splits dims."""
        source, perm = before.reads[0], before.permutation
        groups = _split(before.shape, step.shape)
        if groups is None or self._cost_of(before.output, perm) >= 0:
            return False
        self._graph.read_instead(step, before.output, source)
        order = tuple(place for axis in inverse(perm) for place in groups[axis])
        inner = permuted(step.output, f"{step.output.name}/split", order)
        (behind,) = self._write_instead(step, [inner], inverse(order))
        step.op = replace(step.op, outputs=(inner,))
        self._graph.drop(before)
        behind.members.extend(before.members)
        return True


def _split(shape: tuple[int, ...], parts: tuple[int, ...]) -> list[list[int]] | None:
    """The places of the dims that each dim is split into, None where dims are merged as well."""
    groups: list[list[int]] = []
    place = 0
    for size in shape:
        group: list[int] = []
        left = size
        while place < len(parts) and parts[place] and (left > 1 or not group):
            if left % parts[place]:
                break
            left //= parts[place]
            group.append(place)
            place += 1
        if left != 1 or not group:
            return None
        groups.append(group)
    rest = range(place, len(parts))
    if not groups or any(parts[each] != 1 for each in rest):
        return None
    groups[-1].extend(rest)
    return groups


def _rank(tensor: Tensor) -> int:
    return sum(size != 1 for size in tensor.shape or ())
