"""Medleys as ONNX models that OpenVINO runs kernel by kernel."""

from __future__ import annotations

from dataclasses import dataclass

import onnx

from archlint.measure.onnxruntime.element_types import feeds
from archlint.measure.onnxruntime.model import BALLAST, pieces_of_ballast
from archlint.measure.openvino.graph import ChainedGraph
from archlint.measure.openvino.nodes import make_nodes
from archlint.measure.plan.medley import Medley

__all__ = ["Named", "model_of"]

OPSET = 18
"""The version of ONNX's operators that nodes are of."""


@dataclass(frozen=True, slots=True)
class Named:
    """The names of a kernel's nodes, and of those that only read what it writes."""

    own: frozenset[str]
    readers: frozenset[str]


def model_of(medley: Medley) -> tuple[onnx.ModelProto, list[Named]]:
    """The medley as a model, and where its kernels are."""
    graph = ChainedGraph(medley.seed)
    inner, outer = BALLAST
    # in one go before the kernels: between them it would empty the core's own cache, which a
    # network keeps warm
    for _ in range(pieces_of_ballast(medley)):
        graph.wait_for(graph.add("MatMul", [graph.fresh(1, inner), graph.weights(inner, outer)]), 2)
    names: list[Named] = []
    made, writer = None, None
    for kernel in medley.kernels:
        given = None
        if medley.linked and made is not None and writer is not None and feeds(writer, kernel):
            given = made.output, made.shape
        made, writer = make_nodes(kernel, graph, given), kernel
        own = frozenset(graph.nodes[at].name for at in made.nodes)
        readers = [
            graph.wait_for(each, len(made.shape)) for each in _outputs_beside(graph, made.output)
        ]
        names.append(Named(own, frozenset(readers)))
    return graph.model(OPSET), names


def _outputs_beside(graph: ChainedGraph, output: str) -> list[str]:
    """All that a node writes which writes this."""
    return next(list(node.output) for node in reversed(graph.nodes) if output in node.output)
