"""Local functions of a model, which become their nodes."""

from __future__ import annotations

from collections.abc import Iterable

import onnx
from onnx import checker, inliner

from archlint.errors import ModelError
from archlint.graph.node import cleaned
from archlint.graph.shapes import INFERENCE_FAILURES

__all__ = ["inlined"]

MOST_OPERATORS = 200_000
"""That functions may expand to; large networks have some ten thousand."""

_Key = tuple[str, str]


def inlined(path: str, proto: onnx.ModelProto) -> onnx.ModelProto:
    """The model with the nodes of its functions; one whose functions cannot be is left alone.

    Raises ModelError for functions that call themselves or expand to more than MOST_OPERATORS.
    """
    if not proto.functions:
        return proto
    if _expanded(proto) > MOST_OPERATORS:
        raise ModelError(
            path, f"has local functions that expand to over {MOST_OPERATORS} operators"
        )
    try:
        return inliner.inline_local_functions(proto)
    except checker.ValidationError as e:
        reason = cleaned(str(e).partition("\n")[0])
        raise ModelError(path, f"has local functions that cannot be inlined: {reason}") from e
    except INFERENCE_FAILURES:
        return proto


def _expanded(proto: onnx.ModelProto) -> int:
    """How many operators there are once functions are their nodes; 0 where one calls itself.

    That is for the inliner to say.
    """
    bodies = {(each.domain, each.name): each.node for each in proto.functions}
    sizes: dict[_Key, int] = {}
    for first in bodies:
        waiting = [first]
        while waiting:
            key = waiting[-1]
            inner = [each for each in _called(bodies[key]) if each in bodies]
            unknown = [each for each in inner if each not in sizes]
            if any(each in waiting for each in unknown):
                return 0
            if unknown:
                waiting += unknown[:1]
                continue
            sizes[waiting.pop()] = _size(bodies[key], sizes)
    return _size(proto.graph.node, sizes)


def _size(nodes: Iterable[onnx.NodeProto], sizes: dict[_Key, int]) -> int:
    return sum(sizes.get(key, 1) for key in _called(nodes))


def _called(nodes: Iterable[onnx.NodeProto]) -> Iterable[_Key]:
    """The operators of nodes and of their subgraphs, by domain and type."""
    waiting = list(nodes)
    while waiting:
        node = waiting.pop()
        yield node.domain, node.op_type
        for attribute in node.attribute:
            waiting.extend(attribute.g.node)
            for graph in attribute.graphs:
                waiting.extend(graph.node)
