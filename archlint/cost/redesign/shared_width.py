"""Widths that were chosen once: tensors of one width that belong together, and what hangs on it."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from archlint.cost.kernels.kernel import Kernel
from archlint.cost.kernels.kind import Kind
from archlint.cost.lowering.lowered import Lowered
from archlint.cost.lowering.on_path import on_path
from archlint.cost.lowering.runtime_rules import RuntimeRules
from archlint.graph.model import Model
from archlint.graph.widths import Join, Widths

__all__ = ["LAYERS", "SharedWidth", "find_shared_widths"]

LAYERS = frozenset({
    Kind.CONV, Kind.GROUP_CONV, Kind.DEPTHWISE, Kind.TRANSPOSED_CONV, Kind.PRODUCT,
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Layer:
    """A kernel, and how many channels it reads and writes more for each one of the width."""

    kernel: Kernel
    more_in: int
    more_out: int

    def at(self, more: int, lowering: RuntimeRules) -> Kernel | None:
        """The kernel where the width has so many channels more; None if its groups do not."""
        kernel = self.kernel
        c_in, c_out = kernel.c_in + more * self.more_in, kernel.c_out + more * self.more_out
        groups = c_in if kernel.groups == kernel.c_in > 1 else kernel.groups
        if min(c_in, c_out) < 1 or c_in % groups or c_out % groups:
            return None
        return on_path(kernel._replace(c_in=c_in, c_out=c_out, groups=groups), lowering)


@dataclass(frozen=True, slots=True)
class SharedWidth:
    """One width, `channels`, of tensors that layers, Concats and Splits lead from one to another.

    `layers` are the operators that make them, `more` says of each width group that changes with
    it how many channels it gains for one more: 1 for those of this width, and for a sum of parts
    as many as there are parts of it.
    """

    channels: int
    layers: tuple[int, ...]
    more: Mapping[int, int]
    _kernels: Mapping[_Layer, int]

    def at(self, channels: int, lowering: RuntimeRules) -> Counter[Kernel] | None:
        """The layers that read or write it, at another width; None where groups do not divide it.

        On the paths that they then take, but without the reorders and joins around them.
        """
        found = Counter[Kernel]()
        for layer, count in self._kernels.items():
            kernel = layer.at(channels - self.channels, lowering)
            if kernel is None:
                return None
            found[kernel] += count
        return found

    def widths_at(self, channels: int, widths: Widths) -> dict[int, int]:
        """The channels of each group that changes."""
        step = channels - self.channels
        return {group: widths.width[group] + step * each for group, each in self.more.items()}


def find_shared_widths(
    model: Model, lowered: Lowered, widths: Widths
) -> Iterator[SharedWidth | tuple[tuple[int, ...], str]]:
    """Each width that could be another one; for the others, their layers and why they could not."""
    finder = _Finder(model, lowered, widths)
    yield from finder.shared()
    yield from finder.refused()


class _Finder:
    def __init__(self, model: Model, lowered: Lowered, widths: Widths) -> None:
        self._model, self._widths = model, widths
        sums: dict[Join, None] = {}
        for of_group in (*widths.joins_of.values(), *widths.splits_of.values()):
            sums |= dict.fromkeys(of_group)
        self._sums: Sequence[Join] = tuple(sums)
        self._wholes = {each.output for each in self._sums}
        mains = (
            (model.operators[placed.operators[0]], placed)
            for placed in lowered.kernels
            if placed.kernel.kind in LAYERS
        )
        self._layers = [(op, placed) for op, placed in mains if op.activations]
        self._writers: dict[int, list[int]] = defaultdict(list)
        for op, _ in self._layers:
            self._writers[widths.group[op.output.name]].append(op.index)

    def _is_free(self, group: int) -> bool:
        return group not in self._widths.fixed and group not in self._wholes

    def shared(self) -> Iterator[SharedWidth | tuple[tuple[int, ...], str]]:
        """The widths, in the order of their first layers."""
        sets: dict[int, list[int]] = defaultdict(list)
        roots = self._linked()
        for group in self._writers:
            if self._is_free(group):
                sets[_root(roots, group)].append(group)
        members: dict[int, set[int]] = defaultdict(set)
        for group in roots:
            members[_root(roots, group)].add(group)
        for root, written in sets.items():
            every = (index for group in written for index in self._writers[group])
            layers = tuple(sorted(every, key=self._order))
            made = self._shared(layers, members[root] | set(written))
            yield (layers, made) if isinstance(made, str) else made

    def _order(self, index: int) -> tuple[int, str, int]:
        """Layers by how many are before them, and parallel ones by name.

        Which of these a file has first differs with who wrote it.
        """
        operator = self._model.operators[index]
        return self._depths[index], operator.module or operator.name, index

    @cached_property
    def _depths(self) -> Mapping[int, int]:
        """By operator, how many layers the longest path up to it holds."""
        are_layers = {op.index for op, _ in self._layers}
        depths = dict[int, int]()
        for operator in self._model.operators:
            before = (depths.get(maker, 0) for maker in self._model.before(operator.index))
            depths[operator.index] = max(before, default=0) + (operator.index in are_layers)
        return depths

    def refused(self) -> Iterator[tuple[tuple[int, ...], str]]:
        """The layers whose width is no choice."""
        for group, layers in self._writers.items():
            if group in self._widths.fixed:
                yield tuple(layers), f"its width cannot change: {self._widths.pinned[group]}"
            elif group in self._wholes:
                yield tuple(layers), "its width is a sum: its parts are looked at"

    def _linked(self) -> dict[int, int]:
        """A forest over the free groups: of one tree are those of one width that stand together.

        At one operator, or as parts of one sum.
        """
        roots: dict[int, int] = {}
        for together in (*self._at_operators(), *self._in_sums()):
            found: dict[int, int] = {}
            for group in together:
                if not self._is_free(group):
                    continue
                roots.setdefault(group, group)
                first = found.setdefault(self._widths.width[group], group)
                one, other = _root(roots, first), _root(roots, group)
                if one != other:
                    roots[other] = one
        return roots

    def _at_operators(self) -> Iterator[list[int]]:
        for op in self._model.operators:
            tensors = (*op.activations, *op.outputs)
            groups = (self._widths.group.get(each.name) for each in tensors)
            yield [group for group in groups if group is not None]

    def _in_sums(self) -> Iterator[list[int]]:
        """All parts of each whole: what a Concat joins, a Split may cut again."""
        parts: dict[int, list[int]] = defaultdict(list)
        for each in self._sums:
            parts[each.output] += each.inputs
        yield from parts.values()

    def _shared(self, layers: tuple[int, ...], members: set[int]) -> SharedWidth | str:
        more = self._more(members)
        if isinstance(more, str):
            return more
        kernels = Counter[_Layer]()
        for op, placed in self._layers:
            kernel = placed.kernel
            source, made = (
                self._widths.group.get(each.name, -1) for each in (op.activations[0], op.output)
            )
            if source not in more and made not in more:
                continue
            ends = ((source, kernel.c_in), (made, kernel.c_out))
            if any(g in more and self._widths.width[g] != channels for g, channels in ends):
                return f"{op.op_type} {op.name} does not follow the width"
            kernels[_Layer(kernel, more.get(source, 0), more.get(made, 0))] += placed.repeats
        return SharedWidth(self._widths.width[next(iter(members))], layers, more, kernels)

    def _more(self, members: set[int]) -> dict[int, int] | str:
        """The channels that each group gains, through the sums that it is a part of."""
        more = dict.fromkeys(sorted(members), 1)
        for _ in range(len(self._sums) + 1):
            is_settled = True
            for each in self._sums:
                whole, gained = more.get(each.output, 0), _gained(each, more)
                if gained > whole:
                    more[each.output] = gained  # which may be a part of another sum
                elif gained < whole and (gained or not self._spread(each, more)):
                    return _TIED
                is_settled = is_settled and gained == whole
            if is_settled:
                break
        else:
            return _TIED
        for group in more:
            if group in self._widths.fixed:
                return f"its width cannot change: {self._widths.pinned[group]}"
        return more

    def _spread(self, whole: Join, more: dict[int, int]) -> bool:
        """Let the parts of what others make wider take that up; whether they can, evenly."""
        each, rest = divmod(more[whole.output], len(whole.inputs))
        if rest or len({self._widths.width[part] for part in whole.inputs}) > 1:
            return False
        more |= dict.fromkeys(whole.inputs, each)
        return True


_TIED = "several Concats or Splits tie its width"


def _gained(whole: Join, more: Mapping[int, int]) -> int:
    return sum(more.get(part, 0) for part in whole.inputs)


def _root(roots: Mapping[int, int], group: int) -> int:
    while roots[group] != group:
        group = roots[group]
    return group
