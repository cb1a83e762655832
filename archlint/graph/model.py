"""A model as a graph of operators."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from archlint.graph.operator import Operator
from archlint.graph.unread import Unread

if TYPE_CHECKING:
    import networkx as nx

__all__ = ["Model", "ModelInput"]


@dataclass(frozen=True, slots=True)
class ModelInput:
    """A run-time input; `assumed` says that some of its sizes were open and are assumed.

    `open` are the axes that the file leaves open, whether who asked told their sizes or not.
    """

    name: str
    dtype: str
    shape: tuple[int, ...] | None
    assumed: bool
    open: tuple[int, ...] = ()


@dataclass(frozen=True)
class Model:
    """A model, read without its weights.

    `makers` maps the name of a tensor to the operator that makes it.  `operators` are in
    topological order, so that `operators[i].index == i`.  `parameters` counts weight
    elements, `weight_bytes` their bytes.  `assumptions` are the sizes that were open and the
    branches and trips taken, one line each.  `batch` is how many are computed at once, None where
    no input has such a dim; `batch_is_assumed` says that nobody told it.  `outputs` are the names
    of the model's outputs.  `unread` are the operators that compute and have no shapes,
    `passed_by` those that do not run: they read nothing, and nobody reads them.
    """

    path: str
    opset: int
    inputs: tuple[ModelInput, ...]
    outputs: tuple[str, ...]
    operators: tuple[Operator, ...]
    makers: Mapping[str, int]
    parameters: int
    weight_bytes: int
    assumptions: tuple[str, ...]
    batch: int | None
    batch_is_assumed: bool
    unread: tuple[Unread, ...] = ()
    passed_by: frozenset[int] = frozenset()

    @property
    def flops(self) -> int:
        """The FLOPs of all operators whose shapes are known."""
        return sum((op.flops or 0) * op.repeats for op in self.operators)

    @property
    def mac(self) -> int:
        """The memory access cost in bytes of all operators whose shapes are known."""
        return sum((op.mac or 0) * op.repeats for op in self.operators)

    def before(self, index: int) -> tuple[int, ...]:
        """The operators that make what this one reads, each once."""
        return self._around[0][index]

    def after(self, index: int) -> tuple[int, ...]:
        """The operators that read what this one makes, each once."""
        return self._around[1][index]

    def uses(self, index: int) -> int:
        """How often operators read what this one makes."""
        return self._uses[index]

    @cached_property
    def _uses(self) -> Counter[int]:
        read = (
            self.makers.get(t.name) for op in self.operators for t in op.inputs if t is not None
        )
        return Counter(each for each in read if each is not None)

    @cached_property
    def _around(self) -> tuple[list[tuple[int, ...]], list[tuple[int, ...]]]:
        after: list[list[int]] = [[] for _ in self.operators]
        before = []
        for operator in self.operators:
            read = (self.makers.get(t.name) for t in operator.inputs if t is not None)
            makers = tuple(dict.fromkeys(each for each in read if each is not None))
            before.append(makers)
            for maker in makers:
                after[maker].append(operator.index)
        return before, [tuple(each) for each in after]

    @cached_property
    def graph(self) -> nx.MultiDiGraph[int]:
        """The networkx graph of operators, for whoever wants its algorithms.

        Nodes are `Operator.index`, edges run from producer to consumer, one per tensor and use,
        with the Tensor under "tensor".
        """
        import networkx as nx  # takes longer to load than most models to lint

        graph: nx.MultiDiGraph[int] = nx.MultiDiGraph()
        graph.add_nodes_from(range(len(self.operators)))
        graph.add_edges_from(
            (self.makers[tensor.name], operator.index, {"tensor": tensor})
            for operator in self.operators
            for tensor in operator.inputs
            if tensor is not None and tensor.name in self.makers
        )
        return graph
