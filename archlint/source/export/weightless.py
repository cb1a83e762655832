"""From the exporter's program to a proto with the dims and dtypes of weights and no values."""

from __future__ import annotations

import re

import onnx
import onnx_ir as ir
from torch._subclasses.fake_tensor import FakeTensor
from torch.onnx import ONNXProgram

__all__ = ["weightless_proto"]

_MOST_KEPT = 1024  # bytes; shapes, axes and scales are smaller
_PART = re.compile(r"_split_\d+$")
_NORM = "BatchNormalization"
_FOLDING = frozenset({"Conv", "ConvTranspose"})


def weightless_proto(program: ONNXProgram, *, keep_norms: bool) -> onnx.ModelProto:
    """Optimise as the exporter does, as far as that needs no values, and write it down.

    Its rules leave alone what reads a weight without a value, so batch-norm is folded here, and
    one that is kept loses the smallest weight too.
    """
    graph = program.model.graph
    for value in graph.initializers.values():
        _clear(value, keeping=0 if keep_norms and _is_of_norm(value) else _MOST_KEPT)
    known = _metadata(graph)
    program.optimize()
    graph = program.model.graph
    _give_metadata(graph, known)
    if not keep_norms:
        _fold_batch_norms(graph)
    for value in graph.initializers.values():
        _clear(value)
    proto: onnx.ModelProto = ir.to_proto(program.model)
    written = {each.name for each in proto.graph.initializer}
    for value in graph.initializers.values():
        if value.name not in written and value.shape is not None and value.dtype is not None:
            proto.graph.initializer.add(
                name=value.name, dims=value.shape.numpy(), data_type=value.dtype.value
            )
    return proto


def _is_of_norm(value: ir.Value) -> bool:
    return any(each.op_type == _NORM and not each.domain for each, _ in value.uses())


def _clear(value: ir.Value, keeping: int = _MOST_KEPT) -> None:
    """Take the elements of a weight away; those that are known stay up to so many bytes."""
    held = value.const_value
    if held is None:
        return
    if isinstance(held.raw, FakeTensor) or held.nbytes > keeping:
        value.shape, value.dtype = held.shape, held.dtype
        value.const_value = None


def _metadata(graph: ir.Graph) -> dict[str, dict[str, str]]:
    """What the exporter says of the maker of each value, by the value's name."""
    return {output.name: dict(node.metadata_props) for node in graph for output in node.outputs}


def _give_metadata(graph: ir.Graph, known: dict[str, dict[str, str]]) -> None:
    """Tell nodes that the optimiser made what was known of those they stand for.

    A Split that it made of a SplitToSequence names its outputs after the sequence.
    """
    for node in graph:
        if node.metadata_props:
            continue
        for output in node.outputs:
            found = known.get(output.name) or known.get(_PART.sub("", output.name))
            if found:
                node.metadata_props.update(found)
                break


def _fold_batch_norms(graph: ir.Graph) -> None:
    """A batch-norm that alone reads a conv goes into its weights and becomes its bias."""
    for norm in list(graph):
        if norm.op_type != _NORM or norm.domain or len(norm.inputs) < 3:
            continue
        source, shift, output = norm.inputs[0], norm.inputs[2], norm.outputs[0]
        conv = source.producer() if source is not None else None
        if conv is None or conv.op_type not in _FOLDING or conv.domain or source is None:
            continue
        weight = conv.inputs[1]
        if len(source.uses()) != 1 or source.is_graph_output() or len(norm.outputs) > 1:
            continue
        if weight is None or not weight.is_initializer() or shift is None:
            continue
        if len(conv.inputs) < 3 or conv.inputs[2] is None:
            bias = ir.Value(name=f"{weight.name}_bias", shape=shift.shape, type=shift.type)
            graph.initializers[bias.name] = bias
            conv.resize_inputs(3)
            conv.replace_input_with(2, bias)
        name = output.name
        output.replace_all_uses_with(source, replace_graph_outputs=True)
        graph.remove(norm, safe=True)
        output.name, source.name = None, name
    for name, value in list(graph.initializers.items()):
        if not value.uses() and not value.is_graph_output():
            del graph.initializers[name]
