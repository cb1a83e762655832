"""The pass of a compiler that writes one kernel for all that can share a loop."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from archlint.cost.kernels.kind import Kind
from archlint.cost.kernels.ops import ACTIVATIONS, KINDS
from archlint.cost.lowering.pass_graph import PassGraph, Step
from archlint.cost.lowering.passes.loops import BY_CHANNEL, Loop, is_written, loop_of
from archlint.cost.lowering.passes.torch_strides import LAST
from archlint.cost.lowering.passes.viewed_steps import ViewedSteps
from archlint.cost.lowering.runtime_rules import RuntimeRules
from archlint.graph.operator import Operator, Tensor

__all__ = ["fuse_groups", "is_fused"]

_FUSED = "fused"
_COPIES = (Kind.MOVEMENT, Kind.POOL)
"""What alone is the kernel that it is called otherwise too."""
_Rank = tuple[int, int]


def is_fused(step: Step) -> bool:
    """Whether it stands for a loop that was written for it, alone or with others."""
    return step.path == _FUSED


def fuse_groups(graph: PassGraph, _: RuntimeRules) -> None:
    """What works through the same elements, and what is reduced of them, is one kernel.

    It reads once what several of its operators read, and writes only what others read.  What
    a loop can compute again from one tensor is not written for other loops.
    """
    fusing = _Fusing(graph)
    fusing.join_all()
    fusing.write_all()


@dataclass(slots=True, eq=False)
class _Group:
    """Steps in one loop; `again` are those that it computes again, and stands for."""

    members: list[Step]
    place: _Rank
    loop: Loop
    again: list[Step] = field(default_factory=list)

    @property
    def is_written(self) -> bool:
        return len(self.members) > 1 or KINDS[self.members[0].name] not in _COPIES


class _Fusing:
    def __init__(self, graph: PassGraph) -> None:
        self._graph, self._viewed = graph, ViewedSteps(graph)
        self._of: dict[Step, _Group] = {}
        self._again: dict[_Group, bool] = {}

    def join_all(self) -> None:
        """Join each step with what makes its tensors, then with what else reads them."""
        last = any(step.name == "Conv" and step.path == LAST for step in self._graph)
        for step in self._graph:
            if not is_written(step):
                continue
            loop = loop_of(step, channels_last=last)
            self._of[step] = _Group([step], step.rank, loop)
            for near in [*self._viewed.makers(step), *self._siblings(step)]:
                one, other = self._of.get(near), self._of[step]
                if one is not None and one is not other:
                    self._join(one, other, step)

    def _siblings(self, step: Step) -> Iterator[Step]:
        for tensor in step.reads:
            yield from self._graph.readers(tensor)

    def _join(self, one: _Group, other: _Group, step: Step) -> None:
        """Let two groups be one if they fit and if all that is outside can run before or behind."""
        loop = self._common_loop(one, other, step)
        if loop is None:
            return
        members = [*one.members, *other.members]
        inside = set(members)
        makers = {each for member in members for each in self._viewed.makers(member)} - inside
        readers = {each for member in members for each in self._viewed.readers(member)} - inside
        first = max(map(self._place, makers), default=(-1, 0))
        place = min((each.rank for each in members if each.rank > first), default=None)
        if place is None or any(place >= self._place(each) for each in readers):
            return
        joined = _Group(members, place, loop)
        self._of.update(dict.fromkeys(members, joined))

    def _place(self, step: Step) -> _Rank:
        group = self._of.get(step)
        return step.rank if group is None else group.place

    def _common_loop(self, one: _Group, other: _Group, step: Step) -> Loop | None:
        """The loop that runs both, None where they do not fit."""
        follows = any(self._of.get(maker) is one for maker in self._viewed.makers(step))
        mine, its = one.loop, other.loop
        if mine.rows and its.rows and mine.rows != its.rows:
            return None
        if follows and (KINDS[step.name] is Kind.POOL or mine.closed):
            return None
        if follows and mine.rows and step.name == "Transpose":
            return None  # written in another order than it is reduced in
        if mine.size == its.size:
            return Loop(mine.size, mine.rows or its.rows, closed=its.closed)
        if follows and mine.rows == its.size and not its.rows:
            return mine  # element by element behind a reduction
        return its if follows and not mine.rows and self._is_for(one, step) else None

    def _is_for(self, group: _Group, step: Step) -> bool:
        """Whether it is made element by element for one step alone: a gate, parts of a Concat."""
        if any(KINDS[each.name] in (Kind.POOL, Kind.REDUCTION) for each in group.members):
            return False
        return all(
            each is step or self._of.get(each) is group
            for member in group.members for each in self._viewed.readers(member)
        ) and not self._makes_output(group)  # fmt: skip

    def _makes_output(self, group: _Group) -> bool:
        return any(self._viewed.is_output(t) for each in group.members for t in each.writes)

    def write_all(self) -> None:
        """Let one step of each group stand for all."""
        groups = [each for each in dict.fromkeys(self._of.values()) if each.is_written]
        plans = []
        for group in groups:
            if not self._is_again(group):
                reads = {tensor.name: tensor for tensor in self._reads(group, group)}
                inside = set(group.members)
                writes = [
                    tensor for each in group.members for tensor in each.writes
                    if self._viewed.is_wanted(tensor, inside)
                ]  # fmt: skip
                plans.append((group, list(reads.values()), writes))
        for group in groups:
            for each in group.members:
                self._graph.drop(each)
        for plan in plans:
            self._write(*plan)
        for step in reversed(list(self._graph)):
            if not step.launched and not any(map(self._graph.uses, step.writes)):
                self._graph.drop(step)

    def _is_again(self, group: _Group) -> bool:
        """Whether each loop that reads it computes it again, from the one tensor that it reads."""
        found = self._again.get(group)
        if found is None:
            inside = set(group.members)
            readers = {r for each in inside for r in self._viewed.readers(each)} - inside
            loops = [self._of.get(each) for each in readers]
            found = self._again[group] = (
                bool(readers)
                and all(
                    KINDS[each.name] is Kind.ELEMENTWISE or each.name == "Cast" for each in inside
                )
                and all(
                    each is not None and each.is_written and KINDS[step.name] is not Kind.POOL
                    for each, step in zip(loops, readers, strict=True)
                )
                and not self._makes_output(group)
                and len({each.name for each in self._reads(group, None)}) == 1
            )  # fmt: skip
        return found

    def _reads(self, group: _Group, by: _Group | None) -> Iterator[Tensor]:
        """What it reads from outside, or what that is computed again from."""
        main = min(group.members, key=_weight)
        for step in sorted(group.members, key=lambda each: (each is not main, each.rank)):
            for tensor in step.reads:
                maker = self._viewed.maker(tensor)
                other = None if maker is None else self._of.get(maker)
                if other is group:
                    continue
                if other is not None and other.is_written and self._is_again(other):
                    if by is not None:
                        by.again.extend(other.members)
                    yield from self._reads(other, by)
                else:
                    yield self._viewed.root(tensor)

    def _write(self, group: _Group, reads: list[Tensor], writes: list[Tensor]) -> None:
        main = min(group.members, key=_weight)
        steps = list(dict.fromkeys([main, *group.members, *group.again]))
        main.alive = True
        main.members = [index for each in steps for index in each.members]
        for each in group.again:
            each.members = []  # the first that computes it again stands for it
        main.reads, main.writes = [], writes or main.writes
        for tensor in reads:
            self._graph.also_read(main, tensor)
        for tensor in main.writes:
            self._graph.makes(main, tensor)
        self._graph.move(main, group.place)
        if KINDS[main.name] is not Kind.POOL:
            main.path = _FUSED
        main.epilogue = [each.name for each in steps[1:] if each.name in ACTIVATIONS]
        main.op = Operator(
            main.op.index, main.op.name, main.op.op_type, "", tuple(main.reads),
            tuple(main.writes), main.op.attributes,
        )  # fmt: skip


def _weight(step: Step) -> tuple[int, _Rank]:
    """What a group is known by: what reduces, then what reads around, computes or moves."""
    kind = KINDS[step.name]
    order = (Kind.SOFTMAX, Kind.NORMALISATION, Kind.REDUCTION, Kind.POOL, Kind.ELEMENTWISE)
    place = order.index(kind) if kind in order else len(order) + (step.name == "Cast")
    return (4 if step.name in BY_CHANNEL else place), step.rank
