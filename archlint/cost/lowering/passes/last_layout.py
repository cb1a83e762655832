"""The layout pass of a runtime that keeps maps with their channels last."""

from __future__ import annotations

from math import prod

from archlint.cost.kernels.ops import VIEWS
from archlint.cost.lowering.pass_graph import PassGraph, Step
from archlint.cost.lowering.runtime_rules import RuntimeRules
from archlint.graph.operator import Tensor

__all__ = ["put_last"]

_CONVS = frozenset({"Conv", "ConvTranspose"})


def put_last(graph: PassGraph, lowering: RuntimeRules) -> None:
    """Convs read and write their channels last, what can follows them; reorders around these."""
    _Last(graph, lowering.last).run()


class _Last:
    def __init__(self, graph: PassGraph, follows: frozenset[str]) -> None:
        self._graph, self._follows = graph, follows
        self._last: set[str] = set()
        self._instead: dict[tuple[str, bool], Tensor] = {}

    def run(self) -> None:
        for step in self._graph:
            if step.name in _CONVS and len(step.shape) > 2:
                self._read_all(step, last=True, places=1)
                self._make(step)
            elif self._follows_last(step):
                self._read_all(step, last=True, places=len(step.reads))
                self._make(step)
            else:
                self._read_all(step, last=False, places=len(step.reads))
                step.launched = not _is_in_place(step)
            if step.name == "Concat" and len(step.op.inputs) == 1:
                step.launched = False
        for step in list(self._graph):
            for tensor in step.writes:
                if tensor.name in self._graph.outputs and tensor.name in self._last:
                    self._reorder(step, tensor, last=False)

    def _follows_last(self, step: Step) -> bool:
        maps = [each for each in step.reads if _is_map(each)]
        last = sum(each.name in self._last for each in maps)
        return step.name in self._follows and 2 * last > len(maps) - (len(maps) > 1)

    def _make(self, step: Step) -> None:
        self._last.update(each.name for each in step.writes if len(each.shape or ()) > 2)

    def _read_all(self, step: Step, *, last: bool, places: int) -> None:
        for tensor in list(step.reads[:places]):
            if _is_map(tensor) and (tensor.name in self._last) != last:
                self._graph.read_instead(step, tensor, self._reordered(step, tensor, last=last))

    def _reordered(self, step: Step, tensor: Tensor, *, last: bool) -> Tensor:
        made = self._instead.get((tensor.name, last))
        if made is None:
            made = self._instead[tensor.name, last] = self._reorder(step, tensor, last=last)
        return made

    def _reorder(self, step: Step, tensor: Tensor, *, last: bool) -> Tensor:
        """A reorder before a step that reads, or behind the one that makes an output."""
        maker = self._graph.maker(tensor)
        name = "ReorderInput" if last else "ReorderOutput"
        made = Tensor(f"{tensor.name}/{name}", tensor.shape, tensor.dtype)
        place = 1 if maker is step else -1
        reorder = self._graph.insert(name, step, place, tensor, made)
        if maker is not step:
            # of the operator that cannot run with its channels last
            other = maker if last else step
            reorder.cause, reorder.forced = (
                (other.op.index, True) if other is not None else (step.op.index, False)
            )
        if _is_line(tensor):
            reorder.launched = False
        if last:
            self._last.add(made.name)
        return made


def _is_map(tensor: Tensor) -> bool:
    return len(tensor.shape or ()) > 3


def _is_line(tensor: Tensor) -> bool:
    """Whether both orders are the same in memory."""
    shape = tensor.shape or ()
    return shape[1] == 1 or prod(shape[2:]) == 1


def _is_in_place(step: Step) -> bool:
    """Whether parts of a tensor in one piece each are not copied."""
    if step.name not in ("Concat", "Split"):
        return step.name in VIEWS
    axis = step.op.attributes.get("axis", 0)
    shape = step.op.output.shape or ()
    return isinstance(axis, int) and bool(shape) and prod(shape[: axis % len(shape)]) == 1
