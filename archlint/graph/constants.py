"""What is known before a model runs: weights, shapes, and all that depends on these alone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

import numpy as np
import onnx

from archlint.graph.data_dependent import (
    DATA_DEPENDENT,
    FEW,
    SIZED_BY_VALUES,
    data_dependent_types,
    types_of_values,
)
from archlint.graph.evaluate import MOST_ELEMENTS, Array
from archlint.graph.fold import fold
from archlint.graph.node import Node
from archlint.graph.node_types import infer_outputs
from archlint.graph.operator_facts import Work
from archlint.graph.operator_table import facts_of, operators_that
from archlint.graph.reference import Value
from archlint.graph.shapes import TensorType, array_type, opset_of, tensor_type
from archlint.graph.tensor_values import array_of
from archlint.graph.wanted_constants import WantedConstants

__all__ = ["Constants", "find_constants"]

_QUANTISES = frozenset({"BipolarQuant", "FloatQuant", "IntQuant", "Quant"})  # of QONNX
_NEVER_CONSTANT = operators_that(Work.CONTROL, Work.RANDOM)


@dataclass(slots=True)
class Constants:
    """Constant tensors by name.

    `origins` maps each to the initializer or Constant output that it is a view or a recast
    of (itself if none), `values` holds small ones and `sequences` those of several tensors.
    `renamed` is `origins` without those behind an Identity, with which exporters share equal
    weights.  `stored` maps those behind a DequantizeLinear to the dtype in front of it.  `unsized`
    are tensors that follow from a size that is not known.  `assumed` are the
    operators of which data tell how many they keep, and how many that was taken to be; `evenly`
    those of which they tell how they split.
    """

    origins: dict[str, str] = field(default_factory=dict)
    values: dict[str, Array] = field(default_factory=dict)
    renamed: dict[str, str] = field(default_factory=dict)
    stored: dict[str, str] = field(default_factory=dict)
    sequences: dict[str, list[Array]] = field(default_factory=dict)
    unsized: set[str] = field(default_factory=set)
    assumed: dict[str, int] = field(default_factory=dict)
    evenly: list[str] = field(default_factory=list)

    def __contains__(self, name: object) -> bool:
        return name in self.origins


def find_constants(
    proto: onnx.ModelProto,
    nodes: Iterable[Node],
    types: dict[str, TensorType],
    counts: Mapping[str, int] = MappingProxyType({}),
    *,
    varied: frozenset[str] = frozenset(),
) -> tuple[Constants, list[Node]]:
    """Mark the constants and return the nodes that run, in their given (topological) order.

    Only arithmetic on shapes is computed; Shape and Size of a tensor with a known shape are
    constant.  Where `types` lacks a type that follows from these, it is added.  `counts` are how
    many are kept by operators of which only data tell that, by name; `varied` are tensors that
    are no constants though all that they are made of is.
    """
    found = Constants()
    wanted = WantedConstants(found.values, found.sequences)
    for tensor in proto.graph.initializer:
        _add(found, tensor.name, array_of(tensor))
    for sparse in proto.graph.sparse_initializer:
        _add(found, sparse.values.name, None)
    running = []
    for node in nodes:
        if node.op_type == "Constant" and not node.domain:
            for name in node.outputs:
                types[name], values = _constant_node(node.proto, types.get(name))
                _add(found, name, values)
            continue
        constant = _is_constant(node, found.origins, types) and varied.isdisjoint(node.outputs)
        if _lacks_types(node, types):
            types.update(infer_outputs(proto, node, types, found.values))
            if _lacks_types(node, types):
                types.update(wanted.types(proto, node, types))
            if not node.domain and _lacks_types(node, types):
                types.update(_assumed(node, found, types, counts))
        if constant:
            _propagate(proto, node, found, types)
            wanted.add(node)
        else:
            running.append(node)
            if node.op_type in ("Shape", "Size") or not found.unsized.isdisjoint(node.inputs):
                found.unsized.update(node.outputs)
    return found, running


def _lacks_types(node: Node, types: Mapping[str, TensorType]) -> bool:
    for name in node.outputs:
        if name:
            known = types.get(name)
            if known is None or known.shape is None:
                return True
    return False


def _assumed(
    node: Node, found: Constants, types: Mapping[str, TensorType], counts: Mapping[str, int]
) -> Mapping[str, TensorType]:
    first = types.get(node.inputs[0]) if node.inputs else None
    if first is None or first.shape is None or all(each in found for each in node.inputs if each):
        return {}
    count = counts.get(node.name, FEW)
    if node.op_type in DATA_DEPENDENT:
        made = data_dependent_types(node.proto, first, count)
    elif (
        node.op_type in SIZED_BY_VALUES
        and len(node.inputs) > 1
        and found.unsized.isdisjoint(node.inputs)
    ):
        made = types_of_values(node.proto, [types.get(each) for each in node.inputs], count)
    else:
        return {}
    if made and node.op_type == "Split":
        found.evenly.append(node.name)
    elif made and node.name not in counts:
        found.assumed[node.name] = count
    return made


def _is_constant(node: Node, constants: Mapping[str, str], types: Mapping[str, TensorType]) -> bool:
    some = False
    for name in node.inputs:
        if name:
            if name not in constants:
                some = False
                break
            some = True
    if some or node.op_type == "SequenceEmpty":
        return node.op_type not in _NEVER_CONSTANT
    if node.op_type in ("Shape", "Size") and node.inputs:
        known = types.get(node.inputs[0])
        return known is not None and known.shape is not None
    return False


def _propagate(
    proto: onnx.ModelProto, node: Node, found: Constants, types: dict[str, TensorType]
) -> None:
    source = node.inputs[0] if node.inputs else ""
    facts = facts_of(node.op_type)
    forwards = facts.same_elements or facts.recasts or node.op_type in _QUANTISES
    for name in node.outputs:
        found.origins[name] = found.origins.get(source, name) if forwards else name
        if forwards and node.op_type != "Identity":
            found.renamed[name] = found.renamed.get(source, source)
        if node.op_type == "DequantizeLinear":
            found.stored[name] = types[source].dtype if source in types else ""
        elif forwards and source in found.stored:
            found.stored[name] = found.stored[source]
    known: dict[str, Value] = {
        name: found.values[name] if name in found.values else found.sequences[name]
        for name in node.inputs
        if name in found.values or name in found.sequences
    }
    outputs = fold(node, known, types, opset_of(proto))
    for name, values in zip(node.outputs, outputs, strict=False):
        if isinstance(values, list):
            found.sequences[name] = values
        elif name:
            found.values[name] = values
            made, told = array_type(values), types.get(name)
            types[name] = replace(made, dtype=told.dtype) if told and told.dtype else made


def _add(found: Constants, name: str, values: Array | None) -> None:
    found.origins[name] = name
    if values is not None:
        found.values[name] = values


def _constant_node(
    node: onnx.NodeProto, known: TensorType | None
) -> tuple[TensorType, Array | None]:
    for each in node.attribute:
        if each.name == "value":
            return tensor_type(each.t), array_of(each.t)
        if each.name == "sparse_value":
            dtype = tensor_type(each.sparse_tensor.values).dtype
            return TensorType(dtype, tuple(each.sparse_tensor.dims)), None
        if each.name == "value_float":
            return TensorType("float", ()), np.asarray(each.f, np.float32)
        if each.name == "value_int":
            return TensorType("int64", ()), np.asarray(each.i, np.int64)
        if each.name == "value_floats":
            return TensorType("float", (len(each.floats),)), _few(np.array(each.floats, np.float32))
        if each.name == "value_ints":
            return TensorType("int64", (len(each.ints),)), _few(np.array(each.ints, np.int64))
        if each.name == "value_string":
            return TensorType("string", ()), None
        if each.name == "value_strings":
            return TensorType("string", (len(each.strings),)), None
    return known or TensorType("", None), None


def _few(values: Array) -> Array | None:
    return values if values.size <= MOST_ELEMENTS else None
