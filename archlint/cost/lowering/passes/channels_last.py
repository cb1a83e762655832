"""The pass that runs convs in int8 with their channels last, and moves the Transposes it brings.

ONNX Runtime puts a Transpose before and behind each conv and moves it towards the next one, where
two cancel.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from archlint.cost.lowering.pass_graph import PassGraph, Step
from archlint.cost.lowering.passes.permuted import Perm, inverse, permuted
from archlint.cost.lowering.passes.quantised import LAST, QUANTISED
from archlint.cost.lowering.passes.transposes import Transposes
from archlint.cost.lowering.runtime_rules import Quantised, RuntimeRules
from archlint.graph.operator import Tensor

__all__ = ["put_channels_last"]

_CONV, _ALWAYS = f"{QUANTISED}Conv", frozenset({f"{QUANTISED}MaxPool"})
_RESIZE = f"{QUANTISED}Resize"
_CONV_RANKS = (3, 4, 5)
_SIZE_1 = frozenset({"Squeeze", "Unsqueeze"})


def put_channels_last(graph: PassGraph, lowering: RuntimeRules) -> None:
    """Transpose around the convs in int8, then move and cancel the Transposes."""
    if lowering.quantised is not None:
        _ChannelsLast(graph, lowering.quantised).run()


class _ChannelsLast(Transposes):
    def __init__(self, graph: PassGraph, quantised: Quantised) -> None:
        int8 = frozenset(f"{QUANTISED}{name}" for name in quantised.through_int8)
        super().__init__(graph, quantised.through | int8)

    def run(self) -> None:
        convs = [step for step in self._graph if step.name == _CONV]
        for step in convs:
            rank = len(step.shape)
            if rank in _CONV_RANKS:
                self._run_last(step, step.reads[:1], _to_first(rank))
        if convs:
            super().run()

    def vanishes_before(self, step: Step) -> bool:
        return step.name in _SIZE_1 or super().vanishes_before(step)

    def moves(self, step: Step, perm: Perm) -> bool:
        if not self.passes(step) or len(perm) not in _CONV_RANKS or perm != _to_first(len(perm)):
            return False
        if step.name in _ALWAYS:
            return True
        if step.name == _RESIZE and step.op.attributes.get("mode") == "linear":
            return True
        return super().moves(step, perm)

    def swap(self, step: Step, perm: Perm) -> Iterable[Step]:
        return self._run_last(step, step.reads, perm)

    def _run_last(self, step: Step, reads: Sequence[Tensor], perm: Perm) -> Iterable[Step]:
        """A step keeps its operator in the order of the model; its path says how it runs."""
        for tensor in tuple(reads):
            if len(tensor.shape or ()) == len(perm):
                self._read_transposed(step, tensor, inverse(perm))
        step.path = LAST
        inner = [permuted(each, f"{each.name}/last", inverse(perm)) for each in step.writes]
        return self._write_instead(step, inner, perm)


def _to_first(rank: int) -> Perm:
    return (0, rank - 1, *range(1, rank - 1))
