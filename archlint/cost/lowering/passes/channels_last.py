"""The pass that runs convs in int8 with their channels last, and moves the Transposes it brings.

ONNX Runtime puts a Transpose before and behind each conv and moves it towards the next one, where
two cancel: through an operator where that makes less of them, by the count of dims that are not 1.
"""

from __future__ import annotations

from dataclasses import replace

from archlint.cost.lowering.pass_graph import PassGraph, Step
from archlint.cost.lowering.passes.quantised import LAST, QUANTISED
from archlint.cost.lowering.runtime_rules import Quantised, RuntimeRules
from archlint.graph.operator import Tensor

__all__ = ["put_channels_last"]

Perm = tuple[int, ...]

_CONV, _ALWAYS = f"{QUANTISED}Conv", frozenset({f"{QUANTISED}MaxPool"})
_RESIZE = f"{QUANTISED}Resize"
_ONE_ROAD = frozenset({"Reshape", "Squeeze", "Unsqueeze", "Transpose"})
"""What a Transpose may vanish before, but is not moved through."""

_CONV_RANKS = (3, 4, 5)
_GROUPS_LAST = (0, 3, 4, 1, 2)


def put_channels_last(graph: PassGraph, lowering: RuntimeRules) -> None:
    """Transpose around the convs in int8, then move and cancel the Transposes."""
    if lowering.quantised is not None:
        _Transposes(graph, lowering.quantised).run()


class _Transposes:
    def __init__(self, graph: PassGraph, quantised: Quantised) -> None:
        self._graph, self._quantised = graph, quantised
        self._leading: set[str] = set()
        """The tensors from which a Transpose is ahead, through what it can be moved through."""

    def run(self) -> None:
        convs = [step for step in self._graph if step.name == _CONV]
        for step in convs:
            rank = len(step.shape)
            if rank in _CONV_RANKS:
                self._run_last(step, [0], _to_first(rank))
        if not convs:
            return
        self._look_ahead()
        for step in self._graph:
            for tensor in step.reads:
                maker = self._graph.maker(tensor)
                if maker is not None and maker.name == "Transpose" and self._process(step, maker):
                    break

    def _look_ahead(self) -> None:
        for step in reversed(list(self._graph)):
            if step.name == "Transpose":
                self._leading.add(step.reads[0].name)
            elif self._through(step) and any(t.name in self._leading for t in step.writes):
                self._leading.update(tensor.name for tensor in step.reads)

    def _through(self, step: Step) -> bool:
        if step.name.startswith(QUANTISED):
            return step.name.removeprefix(QUANTISED) in self._quantised.through_int8
        return step.name in self._quantised.through

    def _process(self, step: Step, before: Step) -> bool:
        """Whether a Transpose is moved through the step behind it."""
        perm = before.permutation
        if step.name == "Transpose":
            self._compose(step, before)
            return True
        if step.name == "Reshape":
            return self._split_channels(step, before)
        if not self._through(step) or perm != _to_first(len(perm)) or len(perm) not in _CONV_RANKS:
            return False
        forced = step.name in _ALWAYS or (
            step.name == _RESIZE and step.op.attributes.get("mode") == "linear"
        )
        if not forced and self._cost(step, perm) >= 0:
            return False
        self._run_last(step, range(len(step.reads)), perm)
        return True

    def _cost(self, step: Step, perm: Perm) -> int:
        """How many dims more are transposed if the step is behind the Transpose no more."""
        cost = sum(self._cost_of(tensor, perm) for tensor in step.reads)
        if cost < 0 and not any(tensor.name in self._leading for tensor in step.writes):
            cost += max(map(_rank, step.writes))
        return cost

    def _cost_of(self, tensor: Tensor, perm: Perm) -> int:
        maker = self._graph.maker(tensor)
        if maker is None or maker.name != "Transpose":
            return _rank(tensor)
        readers = self._graph.readers(tensor)
        vanishes = tensor.name not in self._graph.outputs and all(
            self._through(each) or each.name in _ONE_ROAD for each in readers
        )
        return -_rank(tensor) if vanishes and maker.permutation == perm else 0

    def _run_last(self, step: Step, places: range | list[int], perm: Perm) -> None:
        """Let a step read and write its tensors before this Transpose."""
        for place in places:
            tensor = step.reads[place]
            if len(tensor.shape or ()) == len(perm):
                self._read_transposed(step, tensor, _inverse(perm))
        for place, tensor in enumerate(step.writes):
            inner = _permuted(tensor, f"{tensor.name}/last", _inverse(perm))
            step.writes[place] = inner
            self._graph.makes(step, inner)
            self._graph.insert("Transpose", step, 1, inner, tensor, perm=perm)
        step.path = LAST

    def _read_transposed(self, step: Step, tensor: Tensor, perm: Perm) -> None:
        maker = self._graph.maker(tensor)
        source = tensor
        if maker is not None and maker.name == "Transpose":
            source, perm = maker.reads[0], _composed(maker.permutation, perm)
        if perm == tuple(range(len(perm))):
            self._graph.read_instead(step, tensor, source)
        else:
            self._graph.read_instead(step, tensor, self._transposed(step, source, perm))
        if maker is not None and maker.name == "Transpose" and not self._graph.uses(tensor):
            self._graph.drop(maker)

    def _transposed(self, step: Step, source: Tensor, perm: Perm) -> Tensor:
        """What a Transpose makes of a tensor, a new one if there is none."""
        for each in self._graph.readers(source):
            if each.name == "Transpose" and each.alive and each.permutation == perm:
                return each.output
        made = _permuted(source, f"{source.name}/{'-'.join(map(str, perm))}", perm)
        self._graph.insert("Transpose", step, -1, source, made, perm=perm)
        return made

    def _compose(self, step: Step, before: Step) -> None:
        """Two Transposes are one, or none."""
        perm = _composed(before.permutation, step.permutation)
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
            step.op = replace(step.op, attributes={"perm": perm})
        if not self._graph.uses(before.output):
            self._graph.drop(before)

    def _split_channels(self, step: Step, before: Step) -> bool:
        """A Reshape of the channels into groups, with a Transpose ahead, takes them last too."""
        source, shape = before.reads[0], step.shape
        old = before.shape
        perm = before.permutation
        if perm != _to_first(4) or len(shape) != 5 or step.output.name not in self._leading:
            return False
        if shape[0] != old[0] or shape[3:] != old[2:]:
            return False
        self._graph.read_instead(step, before.output, source)
        inner = _permuted(step.output, f"{step.output.name}/last", _GROUPS_LAST)
        output = step.output
        step.writes = [inner]
        self._graph.makes(step, inner)
        self._graph.insert("Transpose", step, 1, inner, output, perm=_inverse(_GROUPS_LAST))
        if not self._graph.uses(before.output):
            self._graph.drop(before)
        return True


def _to_first(rank: int) -> Perm:
    return (0, rank - 1, *range(1, rank - 1))


def _inverse(perm: Perm) -> Perm:
    return tuple(perm.index(each) for each in range(len(perm)))


def _composed(first: Perm, second: Perm) -> Perm:
    return tuple(first[each] for each in second)


def _permuted(tensor: Tensor, name: str, perm: Perm) -> Tensor:
    shape = tensor.shape or ()
    return replace(tensor, name=name, shape=tuple(shape[each] for each in perm))


def _rank(tensor: Tensor) -> int:
    return sum(size != 1 for size in tensor.shape or ())
