"""From a weightless proto to a Model."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import networkx as nx
import onnx
from onnx import inliner

from archlint.graph.constants import Constants, find_constants
from archlint.graph.contradiction import check_sizes
from archlint.graph.flops import cost_of
from archlint.graph.malformed import fault_of
from archlint.graph.model import Model, ModelInput
from archlint.graph.module_path import METADATA_KEYS, module_of
from archlint.graph.node import Node, cleaned, read_nodes
from archlint.graph.operator import Attribute, Operator, Tensor
from archlint.graph.order import in_topological_order
from archlint.graph.shapes import TensorType, declared_inputs, infer_types
from archlint.graph.sizes import Sizes, bind_sizes

__all__ = ["build_model"]

_ONNX_DOMAINS = frozenset({"", "ai.onnx"})
_NO_TYPE = TensorType("", None)
_INTEGERS = frozenset({"int32", "int64", "bool", "string", ""})
_WEIGHT_INDEX: Mapping[str, tuple[int, ...]] = {
    "Conv": (1,), "ConvInteger": (1,), "ConvTranspose": (1,), "FusedConv": (1,),
    "FusedGemm": (1, 0), "FusedMatMul": (1, 0), "Gemm": (1, 0), "MatMul": (1, 0),
    "MatMulInteger": (1, 0), "MatMulNBits": (1,), "QLinearConv": (3,), "QLinearMatMul": (3, 0),
    "Attention": (1,), "QGemm": (3, 0),
}  # fmt: skip


def build_model(
    path: str,
    proto: onnx.ModelProto,
    *,
    batch: int | None = None,
    inputs: Mapping[str, tuple[int, ...]] | None = None,
    dims: Mapping[str, int] | None = None,
) -> Model:
    """Build the graph of operators that run; `proto` is not changed.

    Raises ModelError for a graph that is none (a cycle, a tensor that nobody makes or that
    two make) and for sizes that the graph contradicts, UsageError for unknown names.
    """
    proto = _inlined(proto)
    graph = proto.graph
    nodes = read_nodes(path, graph)
    ordered = in_topological_order(path, graph, nodes)
    sizes = bind_sizes(declared_inputs(graph), batch=batch, inputs=inputs, dims=dims)
    types = infer_types(proto, sizes)
    constants, running = find_constants(proto, ordered, types)
    tensors = _Tensors(types, constants)
    operators = [_operator(index, node, tensors) for index, node in enumerate(running)]
    check_sizes(path, proto, [node.name for node in nodes], sizes, operators)
    parameters, weight_bytes = _weights(operators, tensors, constants)
    return Model(
        path=path,
        opset=_opset(proto),
        inputs=tuple(_model_inputs(sizes, types)),
        outputs=tuple(each.name for each in graph.output),
        operators=tuple(operators),
        graph=_graph(operators),
        parameters=parameters,
        weight_bytes=weight_bytes,
        assumptions=sizes.assumptions,
        batch_is_assumed=any(0 in each.assumed for each in sizes.inputs),
    )


class _Tensors:
    """One Tensor per name."""

    def __init__(self, types: Mapping[str, TensorType], constants: Constants) -> None:
        self._types = types
        self._constants = constants
        self._made: dict[str, Tensor] = {}

    def __getitem__(self, name: str) -> Tensor:
        tensor = self._made.get(name)
        if tensor is None:
            known = self._types.get(name, _NO_TYPE)
            constants = self._constants
            constant = name in constants.origins
            stored = constants.stored.get(name, "")
            dtype = stored or known.dtype
            tensor = Tensor(
                name, known.shape, dtype, constant, self._values(name), quantised=bool(stored)
            )
            self._made[name] = tensor
        return tensor

    def _values(self, name: str) -> tuple[float, ...] | None:
        array = self._constants.values.get(name)
        return None if array is None else tuple(array.ravel().tolist())

    def true_names(self, tensor: Tensor) -> tuple[str, ...]:
        """The names of a weight, but not across an Identity: it stands for an equal weight."""
        return tensor.name, self._constants.renamed.get(tensor.name, "")

    def origin(self, tensor: Tensor) -> str:
        """The initializer that a constant is a view or a recast of."""
        return self._constants.origins.get(tensor.name, tensor.name)


def _opset(proto: onnx.ModelProto) -> int:
    """The version of ONNX's own domain, 0 if the file has none."""
    return next((int(e.version) for e in proto.opset_import if e.domain in _ONNX_DOMAINS), 0)


def _inlined(proto: onnx.ModelProto) -> onnx.ModelProto:
    """Local functions become their nodes; a model whose functions cannot be is left alone."""
    if not proto.functions:
        return proto
    try:
        return inliner.inline_local_functions(proto)
    except (RuntimeError, ValueError):
        return proto


def _operator(index: int, node: Node, tensors: _Tensors) -> Operator:
    op_type, domain, proto = node.op_type, node.domain, node.proto
    inputs = tuple([tensors[each] if each else None for each in node.inputs])
    outputs = tuple([tensors[each] for each in node.outputs])
    attributes = {each.name: _attribute(each) for each in proto.attribute}
    weight = _weight(op_type, inputs)
    module, module_class = module_of(
        op_type,
        node.name,
        tensors.true_names(weight) if weight is not None else (),
        len(weight.shape) if weight is not None and weight.shape is not None else None,
        _metadata(proto),
    )
    malformed = fault_of(op_type, inputs, attributes) if not domain else ""
    if not outputs:
        malformed = malformed or "it has no output"
    flops = mac = None
    if not malformed:
        flops, mac = cost_of(op_type, domain, inputs, outputs, attributes)
    return Operator(
        index=index,
        name=node.name,
        op_type=op_type,
        domain=domain and cleaned(domain),
        inputs=inputs,
        outputs=outputs,
        attributes=attributes,
        module=module and cleaned(module),
        module_class=module_class and cleaned(module_class),
        weight=weight,
        flops=flops,
        mac=mac,
        malformed=malformed,
    )


def _metadata(proto: onnx.NodeProto) -> dict[str, str]:
    """What the exporter says about modules; the stack traces beside it are long."""
    props = proto.metadata_props
    return {each.key: each.value for each in props if each.key in METADATA_KEYS} if props else {}


def _weight(op_type: str, inputs: tuple[Tensor | None, ...]) -> Tensor | None:
    for index in _WEIGHT_INDEX.get(op_type, ()):
        each = inputs[index] if index < len(inputs) else None
        if each is not None and each.constant:
            return each
    return None


def _attribute(attribute: onnx.AttributeProto) -> Attribute:
    """The value of an attribute; tensors and graphs are None."""
    kind = attribute.type
    if kind == onnx.AttributeProto.INT:
        return int(attribute.i)
    if kind == onnx.AttributeProto.INTS:
        return tuple(attribute.ints)
    if kind == onnx.AttributeProto.FLOAT:
        return float(attribute.f)
    if kind == onnx.AttributeProto.STRING:
        return attribute.s.decode("utf-8", "replace")
    if kind == onnx.AttributeProto.FLOATS:
        return tuple(attribute.floats)
    if kind == onnx.AttributeProto.STRINGS:
        return tuple(each.decode("utf-8", "replace") for each in attribute.strings)
    return None


def _weights(
    operators: Iterable[Operator], tensors: _Tensors, constants: Constants
) -> tuple[int, int]:
    """Elements and bytes of the constants that operators use; indices and shapes are none."""
    used = {
        tensors.origin(each)
        for operator in operators
        for each in operator.inputs
        if each is not None and each.constant
    }
    elements = size = 0
    for name in used:
        tensor = tensors[name]
        if name in constants and tensor.dtype not in _INTEGERS:
            elements += tensor.elements or 0
            size += tensor.bytes or 0
    return elements, size


def _model_inputs(sizes: Sizes, types: Mapping[str, TensorType]) -> Iterable[ModelInput]:
    for each in sizes.inputs:
        known = types.get(each.name, _NO_TYPE)
        yield ModelInput(each.name, known.dtype, each.sizes, bool(each.assumed))


def _graph(operators: Iterable[Operator]) -> nx.MultiDiGraph:
    graph = nx.MultiDiGraph()
    makers: dict[str, int] = {}
    for operator in operators:
        graph.add_node(operator.index)
        for tensor in operator.inputs:
            maker = makers.get(tensor.name) if tensor is not None else None
            if maker is not None:
                graph.add_edge(maker, operator.index, tensor=tensor)
        for tensor in operator.outputs:
            makers[tensor.name] = operator.index
    return graph
