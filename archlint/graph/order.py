"""Topological order of a graph's nodes."""

from __future__ import annotations

from collections.abc import Sequence, Set
from heapq import heapify, heappop, heappush

import onnx

from archlint.errors import ModelError
from archlint.graph.node import Node, check_text, cleaned

__all__ = ["in_topological_order", "topological"]


def in_topological_order(path: str, graph: onnx.GraphProto, nodes: list[Node]) -> list[Node]:
    """The nodes of a graph, each after those whose tensors it uses, else as in the file.

    Raises ModelError for a cycle, a tensor made twice and a tensor that nothing makes.
    """
    check_text(path, [each.name for each in graph.output])
    given = _given(path, graph)
    makers = _makers(path, nodes, given)
    for each in graph.output:
        if each.name not in makers and each.name not in given:
            raise ModelError(path, f"output {cleaned(each.name)!r} is made by nothing")
    predecessors = []
    is_sorted = True
    for position, node in enumerate(nodes):
        before = []
        for name in node.inputs:
            maker = makers.get(name)
            if maker is not None:
                before.append(maker)
                is_sorted = is_sorted and maker < position
            elif name and name not in given:
                raise ModelError(
                    path, f"operator {node.name} uses tensor {cleaned(name)!r}, which nothing makes"
                )
        predecessors.append(before)
    return nodes if is_sorted else [nodes[each] for each in _sorted(path, nodes, predecessors)]


def _given(path: str, graph: onnx.GraphProto) -> set[str]:
    """The names of inputs and initializers; an initializer may have its input's name."""
    given: set[str] = set()
    weights = [each.name for each in graph.initializer]
    weights += [each.values.name for each in graph.sparse_initializer]
    for kind, names in (("initializers", weights), ("inputs", [each.name for each in graph.input])):
        check_text(path, names)
        seen: set[str] = set()
        for name in names:
            if name in seen:
                raise ModelError(path, f"has two {kind} named {cleaned(name)!r}")
            seen.add(name)
        given |= seen
    return given


def _makers(path: str, nodes: Sequence[Node], given: set[str]) -> dict[str, int]:
    makers: dict[str, int] = {}
    for position, node in enumerate(nodes):
        for name in node.outputs:
            if name in makers or name in given:
                if not name:
                    continue
                other = nodes[makers[name]].name if name in makers else "an input or initializer"
                raise ModelError(
                    path, f"tensor {cleaned(name)!r} is made by {other} and by operator {node.name}"
                )
            makers[name] = position
    makers.pop("", None)
    return makers


def _sorted(path: str, nodes: Sequence[Node], predecessors: Sequence[Sequence[int]]) -> list[int]:
    order = topological(predecessors)
    if len(order) < len(predecessors):
        name = nodes[_on_cycle(predecessors, frozenset(range(len(nodes))).difference(order))].name
        raise ModelError(path, f"has a cycle through operator {name}")
    return order


def topological(predecessors: Sequence[Sequence[int]]) -> list[int]:
    """Kahn's algorithm; of several ready nodes the first comes first, on a cycle none does."""
    missing = [len(before) for before in predecessors]
    successors: list[list[int]] = [[] for _ in predecessors]
    for node, before in enumerate(predecessors):
        for each in before:
            successors[each].append(node)
    ready = [node for node, count in enumerate(missing) if count == 0]
    heapify(ready)
    order = []
    while ready:
        node = heappop(ready)
        order.append(node)
        for after in successors[node]:
            missing[after] -= 1
            if missing[after] == 0:
                heappush(ready, after)
    return order


def _on_cycle(predecessors: Sequence[Sequence[int]], left: Set[int]) -> int:
    """Walk back over unfinished nodes until one comes twice."""
    node = min(left)
    seen: set[int] = set()
    while node not in seen:
        seen.add(node)
        node = next(each for each in predecessors[node] if each in left)
    return node
