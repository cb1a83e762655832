"""Damaged models: mutations of real ones, as bytes and as protobuf."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Iterable
from io import BytesIO
from math import prod
from pathlib import Path
from random import Random

import onnx
from google.protobuf.message import DecodeError
from onnx import TensorProto, helper, shape_inference

__all__ = ["mutated", "piece", "seeds"]

ROOT = Path(__file__).parents[2]
_NODES = 8

_LARGEST = 1500
"""Bytes of a weight: some more than the reader keeps."""

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
)  # fmt: skip
_HEADS = (
    b"", b"version https://git-lfs.github.com/spec/v1\n", b"PK\x03\x04", b"TFL3", b"ORTM",
    b"\x00\x00\x00\x00{\"", b"\x1f\x8b", b"\x89HDF", b"<!doctype html>", b"<html>", b"text\n",
    b"\xff\xfe", b"GGUF", b"name: caf\xc3", b"\x80\x04", b"\x7fELF", b"BZh",
)  # fmt: skip


def _zip(name: str) -> bytes:
    whole = BytesIO()
    with zipfile.ZipFile(whole, "w") as archive:
        archive.writestr(name, b"1")
    return whole.getvalue()


_FILES = (_zip("net/data.pkl"), _zip("net/constants.pkl"), _zip("a.txt"), b"ir_version: 8\n" * 400)
_KINDS = (
    onnx.AttributeProto.FLOAT, onnx.AttributeProto.INT, onnx.AttributeProto.STRING,
    onnx.AttributeProto.TENSOR, onnx.AttributeProto.GRAPH, onnx.AttributeProto.INTS,
)  # fmt: skip
_DOMAINS = ("", "ai.onnx", "com.microsoft", "com.microsoft.nchwc", "a.vendor")


def seeds() -> list[bytes]:
    """Pieces of a few operators from every model of the repository, and the small ones whole."""
    found = []
    for path in sorted((*ROOT.glob("examples/onnx/*.onnx"), *ROOT.glob("tests/models/*.onnx"))):
        whole = shape_inference.infer_shapes(onnx.load(str(path), load_external_data=False))
        starts = range(0, len(whole.graph.node), max(len(whole.graph.node) // 3, 1))
        found += [piece(whole, start) for start in starts]
    return found


def piece(whole: onnx.ModelProto, start: int, count: int = _NODES) -> bytes:
    """Some neighbouring nodes with the weights that they use; what they lack is an input."""
    nodes = list(whole.graph.node)[start : start + count]
    made = {name for node in nodes for name in node.output}
    used = dict.fromkeys(name for node in nodes for name in node.input if name)
    weights = [each for each in whole.graph.initializer if each.name in used]
    have = made | {each.name for each in weights}
    known = {
        each.name: [dim.dim_value or 1 for dim in each.type.tensor_type.shape.dim]
        for each in (*whole.graph.input, *whole.graph.value_info)
    }
    inputs = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, known.get(name, [1, 8, 14, 14]))
        for name in used
        if name not in have
    ]
    outputs = [helper.make_empty_tensor_value_info(nodes[-1].output[0])]
    weights = [_with_payload(each, is_filled=start > 0) for each in weights]
    graph = helper.make_graph(nodes, "piece", inputs, outputs, weights)
    small = helper.make_model(graph, opset_imports=list(whole.opset_import))
    return bytes(small.SerializeToString())


def _with_payload(tensor: TensorProto, *, is_filled: bool) -> TensorProto:
    """A weight with few bytes of its own, so that there is something to leave out."""
    small = TensorProto()
    small.CopyFrom(tensor)
    small.raw_data = tensor.raw_data[:_LARGEST]
    del small.float_data[_LARGEST // 4 :]
    if tensor.data_type == TensorProto.FLOAT and is_filled and not tensor.raw_data:
        small.raw_data = bytes(min(4 * prod(tensor.dims), _LARGEST))
    return small


def mutated(random: Random, data: bytes) -> bytes:
    """The bytes of a model with one to three faults."""
    for _ in range(random.choice((1, 1, 1, 2, 3))):
        data = _of_bytes(random, data) if random.random() < 0.25 else _of_model(random, data)
    return data


def _of_bytes(random: Random, data: bytes) -> bytes:
    if not data:
        return random.randbytes(random.randint(0, 64))
    at, end = sorted(random.randrange(len(data) + 1) for _ in range(2))
    kind = random.randrange(9)
    if kind == 8 and random.random() < 0.2:
        return random.choice(_FILES)
    if kind == 8:
        head = random.choice(_HEADS)
        return random.choice((head, head + data, data[:4] + head + data, b"\n" + head))
    if kind == 0:
        flipped = bytearray(data)
        for _ in range(random.randint(1, 8)):
            flipped[random.randrange(len(data))] ^= 1 << random.randrange(8)
        return bytes(flipped)
    if kind == 1:
        return data[:at]
    if kind == 2:
        return data[:at] + data[min(end, at + 200) :]
    if kind == 3:
        return data[:at] + data[at : at + 300] + data[at:]
    if kind == 4:
        return data[:at] + random.randbytes(random.randint(1, 12)) + data[at:]
    if kind == 5:
        return data[:at] + b"\xff" * random.randint(1, 11) + data[at + 1 :]
    if kind == 6:
        return data[at:] + data[:at]
    # a name that is no UTF-8: one byte of a text made invalid
    texts = [place for place in range(len(data) - 1) if data[place : place + 1].isalpha()]
    place = random.choice(texts) if texts else 0
    return data[:place] + b"\xfe" + data[place + 1 :]


def _of_model(random: Random, data: bytes) -> bytes:
    proto = onnx.ModelProto()
    try:
        proto.ParseFromString(data)
        for _ in range(random.choice((1, 1, 2))):
            random.choice(_EDITS)(random, proto)
        return proto.SerializeToString()
    except (DecodeError, ValueError, TypeError, OverflowError, UnicodeError):
        return data  # damaged before: no longer a model to edit


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


_EDITS: tuple[Callable[[Random, onnx.ModelProto], None], ...] = (
    _dims, _dims, _wire, _wire, _order, _operator, _operator, _attribute, _attribute, _names,
    _nest, _function, _header, _external, _dtype,
)  # fmt: skip
