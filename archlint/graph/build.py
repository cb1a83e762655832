"""From a weightless proto to a Model at given sizes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import onnx

from archlint.graph.attributes import read_attribute, type_fault
from archlint.graph.constants import Constants, find_constants
from archlint.graph.contradiction import check_sizes
from archlint.graph.flops import cost_of
from archlint.graph.malformed import fault_of
from archlint.graph.model import Model, ModelInput
from archlint.graph.module_path import METADATA_KEYS, module_of
from archlint.graph.node import Node, cleaned, read_nodes
from archlint.graph.operator import Operator, Tensor
from archlint.graph.operator_table import facts_of
from archlint.graph.order import in_topological_order
from archlint.graph.origin import ORIGIN_KEYS, Origin, origin_of
from archlint.graph.plain.rewrite import in_plain_onnx
from archlint.graph.shapes import (
    TensorType,
    infer_types,
    opset_of,
)
from archlint.graph.sizes import Sizes
from archlint.graph.subgraphs import Unfolded, unfold
from archlint.graph.unread import find_unread

__all__ = ["build_at"]

_NO_TYPE = TensorType("", None)
MOST_ELEMENTS = 2**40
"""Of one tensor: no device holds 4 TB."""
_MOST_FLOPS = 2**100
"""Of one operator: more than all computers of this world do in a year."""
_LARGEST_SHOWN = 10**300  # what a float holds
_INTEGERS = frozenset({"int32", "int64", "bool", "string", ""})


def build_at(
    path: str, proto: onnx.ModelProto, sizes: Sizes, notes: Iterable[str], *, origins: bool
) -> Model:
    """Build the graph of operators that run at these sizes; `notes` are further assumptions.

    `origins` asks for what the exporter says of each operator's source.  `proto` is not changed.
    Raises ModelError for a graph that is none (a cycle, a tensor that nobody makes or that
    two make) and ContradictionError for sizes that it contradicts.
    """
    unfolded = unfold(path, proto, lambda each: _Everything(path, each, sizes))
    walked = _walk(path, unfolded, sizes, origins=origins)
    proto, operators, tensors = walked.proto, walked.operators, walked.tensors
    check_sizes(path, proto, walked.names, sizes, operators)
    makers = {tensor.name: op.index for op in operators for tensor in op.outputs}
    parameters, weight_bytes = _weights(operators, tensors, tensors.constants)
    return Model(
        path=path,
        opset=opset_of(proto),
        inputs=tuple(_model_inputs(sizes, tensors.types)),
        outputs=tuple(each.name for each in proto.graph.output),
        operators=tuple(operators),
        makers=makers,
        parameters=parameters,
        weight_bytes=weight_bytes,
        assumptions=(*notes, *sizes.assumptions, *unfolded.notes, *_kept(tensors.constants)),
        unread=find_unread(operators, makers),
        batch=sizes.batch,
        batch_is_assumed=sizes.batch_is_assumed,
    )


def _kept(constants: Constants) -> Iterable[str]:
    for name, count in constants.assumed.items():
        yield f"{name}: data tell how many; {count} (assumed, --dim {name}=N)"
    if constants.evenly:
        first, *more = constants.evenly
        others = f" and of {len(more)} more" if more else ""
        yield f"{first}: data tell the sizes of this Split{others}; even ones (assumed)"


@dataclass(frozen=True, slots=True)
class _Walked:
    """The operators that run, the proto that they are of, and the names of all its nodes."""

    proto: onnx.ModelProto
    names: list[str]
    tensors: _Tensors
    operators: list[Operator]


def _walk(path: str, unfolded: Unfolded, sizes: Sizes, *, origins: bool = False) -> _Walked:
    proto = in_plain_onnx(path, unfolded.proto)
    nodes = read_nodes(path, proto.graph)
    ordered = in_topological_order(path, proto.graph, nodes)
    types = infer_types(proto, sizes)
    constants, running = find_constants(
        proto, ordered, types, sizes.symbols, varied=unfolded.varied
    )
    tensors = _Tensors(types, constants, opset_of(proto))
    operators = []
    for index, node in enumerate(running):
        repeats = unfolded.repeats.get(unfolded.part_of(node.name), 1)
        origin = _origin(node.proto) if origins else None
        operators.append(_operator(index, node, tensors, repeats, origin))
    return _Walked(proto, [node.name for node in nodes], tensors, operators)


class _Everything:
    """What is known of a model with all branches of its subgraphs; the Facts of `unfold`."""

    def __init__(self, path: str, unfolded: Unfolded, sizes: Sizes) -> None:
        walked = _walk(path, unfolded, sizes)
        self._tensors = walked.tensors
        self._costs: dict[str, tuple[int, int, int]] = {}
        for each in walked.operators:
            part = unfolded.part_of(each.name)
            flops, access, count = self._costs.get(part, (0, 0, 0))
            self._costs[part] = flops + (each.flops or 0), access + (each.mac or 0), count + 1

    def shape(self, name: str) -> tuple[int, ...] | None:
        return self._tensors[name].shape

    def value(self, name: str) -> float | None:
        values = self._tensors[name].values if name else None
        return values[0] if values and len(values) == 1 else None

    def cost(self, part: str) -> tuple[int, int, int]:
        return self._costs.get(part, (0, 0, 0))


class _Tensors:
    """One Tensor per name, of a model of this opset."""

    def __init__(self, types: Mapping[str, TensorType], constants: Constants, opset: int) -> None:
        self.types, self.constants, self.opset = types, constants, opset
        self._made: dict[str, Tensor] = {}

    def __getitem__(self, name: str) -> Tensor:
        tensor = self._made.get(name)
        if tensor is None:
            known = self.types.get(name, _NO_TYPE)
            constants = self.constants
            constant = name in constants.origins
            stored = constants.stored.get(name, "")
            dtype = stored or known.dtype
            tensor = Tensor(
                name, known.shape, dtype, constant, self._values(name), quantised=bool(stored)
            )
            self._made[name] = tensor
        return tensor

    def _values(self, name: str) -> tuple[float, ...] | None:
        array = self.constants.values.get(name)
        return None if array is None else tuple(array.ravel().tolist())

    def true_names(self, tensor: Tensor) -> tuple[str, ...]:
        """The names of a weight, but not across an Identity: it stands for an equal weight."""
        return tensor.name, self.constants.renamed.get(tensor.name, "")

    def origin(self, tensor: Tensor) -> str:
        """The initializer that a constant is a view or a recast of."""
        return self.constants.origins.get(tensor.name, tensor.name)


def _operator(
    index: int, node: Node, tensors: _Tensors, repeats: int, origin: Origin | None
) -> Operator:
    op_type, domain, proto = node.op_type, node.domain, node.proto
    inputs = tuple([tensors[each] if each else None for each in node.inputs])
    outputs = tuple([tensors[each] for each in node.outputs])
    given = proto.attribute
    attributes = {each.name: read_attribute(each) for each in given} if given else {}
    weight = _weight(op_type, inputs)
    module, module_class = module_of(
        op_type,
        node.name,
        tensors.true_names(weight) if weight is not None else (),
        len(weight.shape) if weight is not None and weight.shape is not None else None,
        _metadata(proto),
    )
    malformed = ""
    if not domain:
        malformed = type_fault(op_type, tensors.opset, given)
        malformed = malformed or fault_of(
            op_type, tensors.opset, inputs, attributes, len(proto.output)
        )
    if not outputs:
        malformed = malformed or "it has no output"
    malformed = malformed or _too_large(inputs, outputs)
    flops = mac = None
    if not malformed:
        flops, mac = cost_of(op_type, domain, inputs, outputs, attributes)
    if flops is not None and flops > _MOST_FLOPS:
        malformed, flops, mac = f"{_shown(flops)} FLOPs", None, None
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
        repeats=repeats,
        origin=origin,
    )


def _too_large(inputs: tuple[Tensor | None, ...], outputs: tuple[Tensor, ...]) -> str:
    for tensors in (inputs, outputs):
        for each in tensors:
            if each is not None and each.elements is not None and each.elements > MOST_ELEMENTS:
                return f"a tensor of {_shown(each.elements)} elements"
    return ""


def _shown(count: int) -> str:
    return f"{min(count, _LARGEST_SHOWN):.1e}"


def _metadata(proto: onnx.NodeProto) -> dict[str, str]:
    """What the exporter says about modules; the stack traces beside it are long."""
    props = proto.metadata_props
    return {each.key: each.value for each in props if each.key in METADATA_KEYS} if props else {}


def _origin(proto: onnx.NodeProto) -> Origin:
    metadata = {each.key: each.value for each in proto.metadata_props if each.key in ORIGIN_KEYS}
    return origin_of(metadata, proto.doc_string)


def _weight(op_type: str, inputs: tuple[Tensor | None, ...]) -> Tensor | None:
    for index in facts_of(op_type).weights:
        each = inputs[index] if index < len(inputs) else None
        if each is not None and each.constant:
            return each
    return None


def _weights(
    operators: Iterable[Operator], tensors: _Tensors, constants: Constants
) -> tuple[int, int]:
    """Elements and bytes of the constants that operators use; indices and shapes are none.

    A packed weight has as many elements as were packed.
    """
    operators = tuple(operators)
    packed = {
        tensors.origin(operator.weight): inner * outer
        for operator in operators
        if facts_of(operator.op_type).packed and operator.weight is not None
        if isinstance(inner := operator.attributes.get("K"), int)
        if isinstance(outer := operator.attributes.get("N"), int)
    }
    used = {
        tensors.origin(each)
        for operator in operators
        for each in operator.inputs
        if each is not None and each.constant
    }
    elements = size = 0
    for name in used:
        tensor = tensors[name]
        count = packed.get(name, tensor.elements or 0)
        if name in constants and tensor.dtype not in _INTEGERS and count <= MOST_ELEMENTS:
            elements += count
            size += tensor.bytes or 0
    return elements, size


def _model_inputs(sizes: Sizes, types: Mapping[str, TensorType]) -> Iterable[ModelInput]:
    for each in sizes.inputs:
        known = types.get(each.name, _NO_TYPE)
        dims = each.declared or ()
        left_open = tuple(axis for axis, dim in enumerate(dims) if not isinstance(dim, int))
        yield ModelInput(each.name, known.dtype, each.sizes, bool(each.assumed), left_open)
