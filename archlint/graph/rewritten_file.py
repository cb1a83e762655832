"""The file of a model, rewritten: an ONNX graph that runtimes can run."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import onnx
from onnx import helper, numpy_helper

from archlint.errors import ModelError
from archlint.graph.model import Model
from archlint.graph.operator import Operator, Tensor
from archlint.graph.order import topological
from archlint.graph.rewrite import Rewrite

__all__ = ["rewritten_file"]


def rewritten_file(model: Model, proto: onnx.ModelProto, rewrite: Rewrite) -> onnx.ModelProto:
    """A copy of the file that `model` was read from, with its weights, in its other form.

    Raises ModelError where an operator that goes is not a node of the file's main graph.
    """
    other = onnx.ModelProto()
    other.CopyFrom(proto)
    nodes = list(other.graph.node)
    makers = {name: at for at, node in enumerate(nodes) for name in node.output if name}
    gone = {_node_of(model, model.operators[index], nodes, makers) for index in rewrite.gone}
    made = [_node(op) for op in (*rewrite.weights, *rewrite.made)]
    known = {each.name for each in other.graph.initializer} | set(makers)
    for tensor in _new_constants((*rewrite.weights, *rewrite.made), known):
        values = np.array(tensor.values, helper.tensor_dtype_to_np_dtype(_type_of(tensor)))
        other.graph.initializer.append(
            numpy_helper.from_array(values.reshape(tensor.shape or ()), tensor.name)
        )
    left = [node for at, node in enumerate(nodes) if at not in gone]
    ordered = _ordered([*left, *made])
    del other.graph.node[:]
    other.graph.node.extend(ordered)
    del other.graph.value_info[:]
    return other


def _node_of(
    model: Model, op: Operator, nodes: list[onnx.NodeProto], makers: dict[str, int]
) -> int:
    at = makers.get(op.output.name)
    if at is None or nodes[at].op_type != op.op_type:
        raise ModelError(model.path, f"{op.name} is no node of the file's main graph")
    return at


def _node(op: Operator) -> onnx.NodeProto:
    node: onnx.NodeProto = helper.make_node(
        op.op_type,
        ["" if tensor is None else tensor.name for tensor in op.inputs],
        [tensor.name for tensor in op.outputs],
        name=op.output.name,
        domain=op.domain,
    )
    for name, value in op.attributes.items():
        if value not in (None, ()):
            node.attribute.append(helper.make_attribute(name, value))
    return node


def _new_constants(operators: Iterable[Operator], known: set[str]) -> Iterable[Tensor]:
    made = {tensor.name for op in operators for tensor in op.outputs}
    new = {
        tensor.name: tensor
        for op in operators
        for tensor in op.inputs
        if tensor is not None and tensor.values is not None
    }
    return [each for name, each in new.items() if name not in known and name not in made]


def _type_of(tensor: Tensor) -> int:
    return int(onnx.TensorProto.DataType.Value(tensor.dtype.upper()))


def _ordered(nodes: list[onnx.NodeProto]) -> list[onnx.NodeProto]:
    """Each after those whose tensors it uses, else as they were."""
    makers = {name: at for at, node in enumerate(nodes) for name in node.output if name}
    before = [[makers[name] for name in _read(node) if name in makers] for node in nodes]
    return [nodes[at] for at in topological(before)]


def _read(node: onnx.NodeProto) -> Iterable[str]:
    """What a node reads, in its subgraphs too; names that these make themselves do no harm."""
    yield from node.input
    for attribute in node.attribute:
        if attribute.type == onnx.AttributeProto.GRAPH:
            for inner in attribute.g.node:
                yield from _read(inner)
