"""Who makes and who reads tensors, whatever views of them are between."""

from __future__ import annotations

from collections.abc import Iterator, Set

from archlint.cost.lowering.pass_graph import PassGraph, Step
from archlint.graph.operator import Tensor

__all__ = ["ViewedSteps"]


class ViewedSteps:
    """A graph in which what is not launched is a view."""

    def __init__(self, graph: PassGraph) -> None:
        self._graph = graph

    def maker(self, tensor: Tensor) -> Step | None:
        """The step that makes what a tensor is, or is a view of."""
        step = self._graph.maker(tensor)
        while step is not None and not step.launched and step.reads:
            step = self._graph.maker(step.reads[0])
        return step

    def makers(self, step: Step) -> Iterator[Step]:
        """The steps that make what a step reads."""
        return (maker for tensor in step.reads if (maker := self.maker(tensor)) is not None)

    def readers(self, step: Step) -> Iterator[Step]:
        """The steps that read what a step makes, or views of it."""
        for tensor in step.writes:
            for reader in self._graph.readers(tensor):
                if reader.launched:
                    yield reader
                else:
                    yield from self.readers(reader)

    def root(self, tensor: Tensor) -> Tensor:
        """What a view of all elements, or of each several times, is a view of."""
        step = self._graph.maker(tensor)
        while step is not None and not step.launched and step.reads:
            if (step.reads[0].elements or 0) > (tensor.elements or 0):
                break
            tensor = step.reads[0]
            step = self._graph.maker(tensor)
        # as its maker has it, which knows its dtype
        made = () if step is None else step.writes
        return next((each for each in made if each.name == tensor.name), tensor)

    def is_output(self, tensor: Tensor) -> bool:
        """Whether the model hands out a tensor, or a view of it."""
        return tensor.name in self._graph.outputs or any(
            not reader.launched and any(map(self.is_output, reader.writes))
            for reader in self._graph.readers(tensor)
        )

    def is_wanted(self, tensor: Tensor, inside: Set[Step]) -> bool:
        """Whether something outside these steps reads a tensor, or a view of it."""
        return self.is_output(tensor) or any(
            reader not in inside
            if reader.launched
            else any(self.is_wanted(each, inside) for each in reader.writes)
            for reader in self._graph.readers(tensor)
        )
