"""Faults of a model, by what it is made of: each changes the proto that it is given."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from random import Random

import onnx
from onnx import TensorProto, helper

__all__ = ["EDITS"]

_SIZES = (-1, 0, 1, 2, 3, 7, 2**31 - 1, 2**31, 2**40, 2**62, 2**63 - 1, -(2**63))
_NAMES = (
    "", "x", "\x1b[31mred\x1b[0m", "two\nlines", "::error::x", "<b>&amp;", "a" * 3000, "\u202eevil",
    "../../etc/passwd", "µ", "%s%n", "If_0/then_branch/Conv_1",
)  # fmt: skip
_TYPES = (
    "Add", "AveragePool", "BatchNormalization", "Clip", "Concat", "Constant", "ConstantOfShape",
    "Conv", "ConvInteger", "ConvTranspose", "DequantizeLinear", "Einsum", "Expand", "Flatten",
    "FusedConv", "Gather", "Gemm", "GlobalAveragePool", "GRU", "Identity", "If",
    "LayerNormalization", "Loop", "MatMul", "MaxPool", "Mul", "Pad", "QLinearConv",
    "QuantizeLinear", "Range", "ReduceMean", "Relu", "Reshape", "Resize", "Scan", "Shape",
    "Sigmoid", "Slice", "Softmax", "Split", "Squeeze", "Tile", "Transpose", "Unsqueeze", "Upsample",
    "Attention", "BiasGelu", "SkipLayerNormalization", "EmbedLayerNormalization", "QLinearAdd",
    "CastLike", "ConcatFromSequence", "CumSum", "DepthToSpace", "DynamicQuantizeLinear", "GatherND",
    "GatherElements", "GroupNormalization", "InstanceNormalization", "LSTM", "MatMulInteger",
    "MatMulNBits", "NonMaxSuppression", "NonZero", "OneHot", "Optional", "QLinearMatMul", "RNN",
    "RotaryEmbedding", "ScatterND", "SequenceAt", "SequenceConstruct", "SequenceMap",
    "SplitToSequence", "TopK", "TreeEnsemble", "Unique", "Where", "GroupQueryAttention", "QGemm",
    "MultiHeadAttention", "FusedMatMul", "NhwcMaxPool", "QAttention", "DequantizeLinear",
)  # fmt: skip
_KINDS = (
    onnx.AttributeProto.FLOAT, onnx.AttributeProto.INT, onnx.AttributeProto.STRING,
    onnx.AttributeProto.TENSOR, onnx.AttributeProto.GRAPH, onnx.AttributeProto.INTS,
)  # fmt: skip
_DOMAINS = ("", "ai.onnx", "com.microsoft", "com.microsoft.nchwc", "a.vendor")


def _some(random: Random, items: Iterable[object]) -> object | None:
    every = list(items)
    return random.choice(every) if every else None


def _dims(random: Random, proto: onnx.ModelProto) -> None:
    graph = proto.graph
    if graph.initializer and random.random() < 0.5:
        tensor = random.choice(graph.initializer)
        if tensor.dims:
            tensor.dims[random.randrange(len(tensor.dims))] = random.choice(_SIZES)
        if random.random() < 0.3:
            tensor.dims.append(random.choice(_SIZES))
    else:
        infos = [*graph.input, *graph.value_info, *graph.output]
        if infos:
            shape = random.choice(infos).type.tensor_type.shape
            if shape.dim and random.random() < 0.8:
                shape.dim[random.randrange(len(shape.dim))].dim_value = random.choice(_SIZES)
            else:
                shape.dim.add().dim_param = random.choice(_NAMES)


def _wire(random: Random, proto: onnx.ModelProto) -> None:
    """Connect a node to any tensor: forward, back, to itself, or twice made."""
    nodes = proto.graph.node
    if not nodes:
        return
    names = [name for node in nodes for name in (*node.input, *node.output)]
    node = random.choice(nodes)
    places = node.input if random.random() < 0.6 else node.output
    if places and names:
        places[random.randrange(len(places))] = random.choice([*names, *_NAMES[:3]])
    elif names:
        places.append(random.choice(names))


def _order(random: Random, proto: onnx.ModelProto) -> None:
    nodes = list(proto.graph.node)
    random.shuffle(nodes)
    del proto.graph.node[:]
    proto.graph.node.extend(nodes[: random.randint(0, len(nodes))] + nodes[:1])


def _operator(random: Random, proto: onnx.ModelProto) -> None:
    node = _some(random, proto.graph.node)
    if isinstance(node, onnx.NodeProto):
        node.op_type = random.choice(_TYPES)
        node.domain = random.choice(_DOMAINS)


def _attribute(random: Random, proto: onnx.ModelProto) -> None:
    node = _some(random, [each for each in proto.graph.node if each.attribute])
    if not isinstance(node, onnx.NodeProto):
        return
    attribute = random.choice(node.attribute)
    kind = random.randrange(5)
    if kind == 0 and attribute.ints:
        attribute.ints[random.randrange(len(attribute.ints))] = random.choice(_SIZES)
    elif kind == 1:
        attribute.i = random.choice(_SIZES)
    elif kind == 2:
        attribute.type = random.choice(_KINDS)
    elif kind == 3:
        attribute.name = random.choice(("axis", "axes", "group", "perm", "value", "body", "pads"))
    else:
        node.attribute.remove(attribute)


def _names(random: Random, proto: onnx.ModelProto) -> None:
    graph = proto.graph
    named = [*graph.node, *graph.input, *graph.output, *graph.initializer]
    each = _some(random, named)
    if isinstance(each, onnx.NodeProto | onnx.ValueInfoProto | TensorProto):
        each.name = random.choice(_NAMES)


def _nest(random: Random, proto: onnx.ModelProto) -> None:
    """Put the graph into branches or a body, many times over."""
    for _ in range(random.choice((1, 2, 3, 12, 30, 34))):
        inner = onnx.GraphProto()
        inner.CopyFrom(proto.graph)
        del inner.input[:]
        outputs = [each.name for each in inner.output]
        kind = random.choice(("If", "Loop", "Scan"))
        small = helper.make_graph([], "small", [], list(inner.output))
        graphs = {"then_branch": inner, "else_branch": small} if kind == "If" else {"body": inner}
        node = helper.make_node(kind, ["flag"], outputs)
        node.attribute.extend(helper.make_attribute(*each) for each in graphs.items())
        if kind == "Scan":
            node.attribute.append(helper.make_attribute("num_scan_inputs", 1))
        del proto.graph.node[:], proto.graph.initializer[:], proto.graph.value_info[:]
        proto.graph.node.append(node)
    proto.graph.input.append(helper.make_tensor_value_info("flag", TensorProto.BOOL, []))


def _function(random: Random, proto: onnx.ModelProto) -> None:
    """A local function, which may call itself."""
    node = _some(random, proto.graph.node)
    if not isinstance(node, onnx.NodeProto):
        return
    inner = onnx.NodeProto()
    inner.CopyFrom(node)
    if random.random() < 0.3:
        inner.op_type, inner.domain = "F", "local"
    function = proto.functions.add(name="F", domain="local")
    function.input.extend(node.input)
    function.output.extend(node.output)
    function.node.append(inner)
    function.opset_import.extend(proto.opset_import)
    node.op_type, node.domain = "F", "local"
    proto.opset_import.append(helper.make_opsetid("local", 1))


def _header(random: Random, proto: onnx.ModelProto) -> None:
    kind = random.randrange(4)
    if kind == 0:
        proto.ir_version = random.choice((0, 1, 3, 4, 99, -1, 2**40))
    elif kind == 1:
        del proto.opset_import[:]
    elif proto.opset_import:
        proto.opset_import[0].version = random.choice((0, 1, 5, 7, 10, 12, 14, 99, -1, 2**40))


def _external(random: Random, proto: onnx.ModelProto) -> None:
    tensor = _some(random, proto.graph.initializer)
    if isinstance(tensor, TensorProto):
        tensor.data_location = TensorProto.EXTERNAL
        where = random.choice(("../../etc/passwd", "/etc/passwd", "link", ""))
        tensor.external_data.add(key="location", value=where)
        tensor.ClearField("raw_data")


def _dtype(random: Random, proto: onnx.ModelProto) -> None:
    tensor = _some(random, proto.graph.initializer)
    if isinstance(tensor, TensorProto):
        tensor.data_type = random.choice((0, 1, 2, 3, 6, 7, 8, 9, 10, 16, 21, 99))


def _sparse(random: Random, proto: onnx.ModelProto) -> None:
    """A weight that is sparse, which its indices may contradict."""
    tensor = _some(random, proto.graph.initializer)
    if isinstance(tensor, TensorProto):
        sparse = proto.graph.sparse_initializer.add()
        sparse.values.CopyFrom(tensor)
        sparse.dims.extend(random.choice((tensor.dims, [2**40, 2**40], [], [-1], [1] * 70)))
        sparse.indices.data_type = random.choice((7, 1, 99))
        sparse.indices.dims.extend(random.choice(([1], [2**62], [-1, 2])))
        if random.random() < 0.7:
            proto.graph.initializer.remove(tensor)


def _strings(random: Random, proto: onnx.ModelProto) -> None:
    """A weight of texts, which no computation takes."""
    tensor = _some(random, proto.graph.initializer)
    if isinstance(tensor, TensorProto):
        tensor.data_type = TensorProto.STRING
        tensor.ClearField("raw_data")
        tensor.string_data.extend([b"\xff\x00", b"x" * 3000] * random.randint(0, 3))


def _many_dims(random: Random, proto: onnx.ModelProto) -> None:
    tensor = _some(random, proto.graph.initializer)
    if isinstance(tensor, TensorProto):
        tensor.dims.extend([random.choice((1, 1, 2, 0))] * random.choice((8, 33, 65, 300)))


def _beside(random: Random, proto: onnx.ModelProto) -> None:
    """What says nothing of the network: training, metadata, quantisation's notes, words."""
    kind = random.randrange(5)
    if kind == 0:
        info = proto.training_info.add()
        info.algorithm.CopyFrom(proto.graph)
        info.initialization.CopyFrom(proto.graph)
        info.update_binding.add(key="x", value="x")
    elif kind == 1:
        node = _some(random, proto.graph.node)
        holder = node if isinstance(node, onnx.NodeProto) else proto
        for key in ("pkg.torch.onnx.name_scopes", "namespace", "x", "x"):
            value = random.choice((*_NAMES, "['', 'a']", "[" * 500, "a.b.c/d"))
            holder.metadata_props.add(key=key, value=value)
    elif kind == 2:
        note = proto.graph.quantization_annotation.add(tensor_name=random.choice(_NAMES))
        note.quant_parameter_tensor_names.add(key="SCALE_TENSOR", value=random.choice(_NAMES))
    elif kind == 3:
        proto.producer_name, proto.domain = random.choice(_NAMES), random.choice(_NAMES)
        proto.graph.name = proto.graph.doc_string = random.choice(_NAMES)
    else:
        proto.metadata_props.add(key="x" * 2000, value="y" * 20_000)


def _types(random: Random, proto: onnx.ModelProto) -> None:
    """A value that is a sequence, a map or nothing at all."""
    graph = proto.graph
    info = _some(random, [*graph.input, *graph.output, *graph.value_info])
    if isinstance(info, onnx.ValueInfoProto):
        tensor = onnx.TypeProto()
        tensor.CopyFrom(info.type)
        kind = random.randrange(4)
        info.ClearField("type")
        if kind == 0:
            info.type.sequence_type.elem_type.CopyFrom(tensor)
        elif kind == 1:
            info.type.optional_type.elem_type.CopyFrom(tensor)
        elif kind == 2:
            info.type.map_type.key_type = 99
            info.type.map_type.value_type.CopyFrom(tensor)


def _call(random: Random, proto: onnx.ModelProto) -> None:
    """Functions that call each other, which may come round."""
    names = [f"f{number}" for number in range(random.choice((2, 3, 8)))]
    last = random.choice(("Relu", "f0", "f1"))
    for name, called in zip(names, [*names[1:], last], strict=True):
        domain = "" if called == "Relu" else "local"
        body = [helper.make_node(called, ["a"], ["b"], domain=domain)]
        body *= random.choice((1, 1, 2))
        made = helper.make_function("local", name, ["a"], ["b"], body, proto.opset_import)
        proto.functions.append(made)
    proto.opset_import.append(helper.make_opsetid("local", 1))
    node = _some(random, proto.graph.node)
    if isinstance(node, onnx.NodeProto):
        node.op_type, node.domain = "f0", "local"


EDITS: tuple[Callable[[Random, onnx.ModelProto], None], ...] = (
    _dims, _dims, _wire, _wire, _order, _operator, _operator, _attribute, _attribute, _names,
    _nest, _function, _header, _external, _dtype, _sparse, _strings, _many_dims, _beside, _types,
    _call,
)  # fmt: skip
