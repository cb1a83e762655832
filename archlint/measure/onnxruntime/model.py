"""Medleys as ONNX models in the form that ONNX Runtime lowers operators to."""

from __future__ import annotations

from collections.abc import Sequence

import onnx
from onnx import TensorProto, helper

from archlint.cost.kernels.footprint import footprint
from archlint.measure.onnxruntime.element_types import feeds
from archlint.measure.onnxruntime.graph import CONTRIB, NCHWC, Graph
from archlint.measure.onnxruntime.nodes import make_nodes
from archlint.measure.plan.medley import Medley

__all__ = ["BALLAST", "closed", "has_ballast", "model_of", "opset_of", "pieces_of_ballast"]

OPSET = 18
"""The version of ONNX's operators that nodes are of.

From 19 on the runtime takes means of plain maps by its general pool, ten times slower.
"""

_SINCE = {"AffineGrid": 20, "Attention": 23, "CumProd": 26, "DeformConv": 19, "TensorScatter": 24}

BALLAST = 256, 1024
"""The shape of the weights of a ballast product, 1 MB."""


def model_of(medley: Medley, block: int) -> tuple[onnx.ModelProto, list[tuple[int, ...]]]:
    """The medley as a model in lowered form, and the numbers of its kernels' nodes."""
    graph = Graph(medley.seed, block)
    nodes: list[tuple[int, ...]] = []
    made, writer = None, None
    for kernel in medley.kernels:
        given = None
        if medley.linked and made is not None and writer is not None and feeds(writer, kernel):
            given = made.output, made.shape
        made, writer = make_nodes(kernel, graph, given), kernel
        nodes.append(made.nodes)
    last = graph.nodes[-1].output[0]
    nodes = _read_all(graph, nodes, last)
    pieces = pieces_of_ballast(medley)
    if not pieces:
        return closed(graph, last), nodes
    inner, outer = BALLAST
    # in one go before the kernels: between them it would empty the core's own cache, which a
    # network keeps warm
    kernels, graph.nodes = graph.nodes, []
    source = graph.fresh(1, inner)
    for _ in range(pieces):
        graph.add("MatMul", [source, graph.weights(inner, outer)])
    first = len(graph.nodes)
    graph.nodes += kernels
    return closed(graph, last), [tuple(first + node for node in each) for each in nodes]


def has_ballast(medley: Medley) -> bool:
    """Whether its kernels do not run through enough by themselves."""
    return pieces_of_ballast(medley) > 0


def pieces_of_ballast(medley: Medley) -> int:
    """How many ballast products fill up what the medley runs through."""
    inner, outer = BALLAST
    return max(0, medley.footprint - footprint(medley.kernels)) // (4 * inner * outer)


def _read_all(graph: Graph, nodes: Sequence[tuple[int, ...]], last: str) -> list[tuple[int, ...]]:
    """Give each tensor a reader; returns the new numbers of the kernels' nodes.

    The runtime frees a tensor after its last reader, and what has none only at the end of the
    run: then a session of 40 kernels would spread over 40 results and find no cache warm.
    """
    read = {name for node in graph.nodes for name in node.input} | {last}
    made, graph.nodes = graph.nodes, []
    places = []
    for node in made:
        places.append(len(graph.nodes))
        graph.nodes.append(node)
        for name in node.output:
            if name and name not in read:
                graph.add("Shape", [name])
    return [tuple(places[node] for node in each) for each in nodes]


def opset_of(*ops: str) -> int:
    """The first of ONNX's versions that has these operators, in which others may run otherwise."""
    return max([OPSET, *(_SINCE.get(op, OPSET) for op in ops)])


def closed(graph: Graph, last: str) -> onnx.ModelProto:
    """The whole model; one small output, for what leaves the runtime is copied."""
    graph.nodes.append(helper.make_node("Shape", [last], ["shape"]))
    graph.nodes.append(helper.make_node("Identity", ["start"], ["end"]))
    made = helper.make_graph(
        graph.nodes, "medley",
        [helper.make_tensor_value_info("start", TensorProto.FLOAT, [1])],
        [helper.make_tensor_value_info("end", TensorProto.FLOAT, [1])],
        graph.initializers,
    )  # fmt: skip
    operators = [node.op_type for node in graph.nodes if not node.domain]
    opsets = [helper.make_opsetid("", opset_of(*operators)), helper.make_opsetid(NCHWC, 1)]
    opsets.append(helper.make_opsetid(CONTRIB, 1))
    return helper.make_model(made, opset_imports=opsets, ir_version=9)
