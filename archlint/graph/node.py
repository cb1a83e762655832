"""Nodes of a graph with their protobuf fields read once: each access to a proto copies."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import onnx

from archlint.errors import ModelError

__all__ = ["Node", "check_text", "cleaned", "read_nodes"]

_LONGEST = 1000  # characters of a name; paths of modules have a tenth of that
_GRAPH, _GRAPHS = onnx.AttributeProto.GRAPH, onnx.AttributeProto.GRAPHS


@dataclass(slots=True)
class Node:
    """A node; `inputs` end with the outer tensors that its subgraphs use, "" is an absent one.

    `domain` is "" for ONNX's own.  `name` is the file's, or type and position ("Conv_12").
    """

    proto: onnx.NodeProto
    name: str
    op_type: str
    domain: str
    inputs: list[str]
    outputs: list[str]


def read_nodes(path: str, graph: onnx.GraphProto) -> list[Node]:
    """The nodes of a graph in the order of the file; ModelError if a name is no text."""
    nodes = []
    for position, proto in enumerate(graph.node):
        op_type, domain, name = proto.op_type, proto.domain, proto.name
        inputs, outputs = list(proto.input), list(proto.output)
        attributes = [each.name for each in proto.attribute]
        if attributes:
            inputs += _captured(proto)
        check_text(path, (name, op_type, domain, *inputs, *outputs, *attributes))
        if not name:
            name = f"{op_type or 'operator'}_{position}"
        if len(name) > _LONGEST or not (name.isprintable() and op_type.isprintable()):
            name, op_type = cleaned(name), cleaned(op_type)
        while outputs and not outputs[-1]:
            outputs.pop()
        domain = "" if domain == "ai.onnx" else domain
        nodes.append(Node(proto, name, op_type, domain, inputs, outputs))
    return nodes


def check_text(path: str, names: Iterable[str]) -> None:
    """Raise ModelError if one of the names is bytes: protobuf gives these for what is not UTF-8."""
    try:
        "".join(names)
    except TypeError as e:
        raise ModelError(path, "is damaged: a name in it is not UTF-8 text") from e


def cleaned(name: str) -> str:
    """A name from a file, safe to print and of a length to read."""
    shown = name if len(name) <= _LONGEST else f"{name[: _LONGEST - 3]}..."
    return shown if shown.isprintable() else "".join(c if c.isprintable() else "?" for c in shown)


def _captured(proto: onnx.NodeProto) -> list[str]:
    """The outer tensors that the subgraphs of a node use, each once."""
    found: dict[str, None] = {}
    for attribute in proto.attribute:
        kind = attribute.type
        if kind == _GRAPH:
            found.update(dict.fromkeys(_free_names(attribute.g)))
        elif kind == _GRAPHS:
            for graph in attribute.graphs:
                found.update(dict.fromkeys(_free_names(graph)))
    return list(found)


def _free_names(graph: onnx.GraphProto) -> list[str]:
    inner = {each.name for each in graph.input}
    inner.update(each.name for each in graph.initializer)
    inner.update(each.values.name for each in graph.sparse_initializer)
    inner.update(name for node in graph.node for name in node.output)
    used: list[str] = []
    for node in graph.node:
        used += [*node.input, *_captured(node)]
    used += [each.name for each in graph.output]
    return [name for name in used if name and name not in inner]
