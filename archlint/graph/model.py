"""A model as a graph of operators."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import networkx as nx

from archlint.graph.operator import Operator
from archlint.graph.unread import Unread

__all__ = ["Model", "ModelInput", "graph_of"]


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


@dataclass(frozen=True, slots=True)
class Model:
    """A model, read without its weights.

    `graph` is a networkx MultiDiGraph: nodes are `Operator.index`, edges run from producer to
    consumer, one per tensor and use, with the Tensor under "tensor".  `makers` maps the name of
    a tensor to the operator that makes it: much quicker than to go through edges.  `operators`
    are in topological order, so that `operators[i].index == i`.  `parameters` counts weight
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
    graph: nx.MultiDiGraph[int]
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


def graph_of(operators: Sequence[Operator], makers: Mapping[str, int]) -> nx.MultiDiGraph[int]:
    """The networkx graph of operators, where `makers` says who makes each tensor."""
    graph: nx.MultiDiGraph[int] = nx.MultiDiGraph()
    graph.add_nodes_from(range(len(operators)))
    graph.add_edges_from(
        [
            (makers[tensor.name], operator.index, {"tensor": tensor})
            for operator in operators
            for tensor in operator.inputs
            if tensor is not None and tensor.name in makers
        ]
    )
    return graph
