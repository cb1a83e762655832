"""Networks as ncnn reads them (`.param` files), as ONNX without weights."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from onnx.shape_inference import infer_node_outputs

__all__ = ["model_of"]

_OPSET = 20
_ACTIVATIONS = {1: "Relu", 2: "LeakyRelu", 3: "Clip", 4: "Sigmoid", 5: "Mish", 6: "HardSwish"}
_SAME = frozenset({"Split", "Noop", "Dropout"})
"""Layers that hand on what they read."""
_BEHIND = frozenset({"DetectionOutput", "PriorBox", "YoloDetectionOutput", "Yolov3DetectionOutput"})
"""What makes boxes of a network's outputs: no network any more, and no operators of ONNX."""
_PERMUTATIONS = {0: "chw", 1: "cwh", 2: "hcw", 3: "hwc", 4: "wch", 5: "whc"}
_PERMUTED_ROWS = {0: "hw", 1: "wh"}
_BINARY = {0: "Add", 1: "Sub", 2: "Mul", 3: "Div", 4: "Max", 5: "Min", 6: "Pow"}
_ELTWISE = {0: "Mul", 1: "Add", 2: "Max"}
_REST = -233


@dataclass(frozen=True, slots=True)
class _Layer:
    type: str
    name: str
    reads: tuple[str, ...]
    makes: tuple[str, ...]
    numbers: Mapping[int, float]
    lists: Mapping[int, tuple[float, ...]]

    def get(self, key: int, default: int = 0) -> int:
        return int(self.numbers.get(key, default))

    def pair(self, width: int, height: int, default: int) -> list[int]:
        """A size by height and width, of which the height is the width where it is not said."""
        of_width = self.get(width, default)
        return [self.get(height, of_width), of_width]


def _layers(text: str) -> Iterator[_Layer]:
    for line in text.splitlines()[2:]:
        kind, name, reads, makes, *rest = line.split()
        tensors, given = rest[: int(reads) + int(makes)], rest[int(reads) + int(makes) :]
        numbers, lists = dict[int, float](), dict[int, tuple[float, ...]]()
        for each in given:
            key, value = each.split("=")
            if int(key) <= -23300:
                lists[-23300 - int(key)] = tuple(map(float, value.split(",")[1:]))
            else:
                numbers[int(key)] = float(value)
        yield _Layer(
            kind, name, tuple(tensors[: int(reads)]), tuple(tensors[int(reads) :]), numbers, lists
        )


def model_of(text: str, image: int) -> onnx.ModelProto:
    """The network of a `.param` file; `image` is its input's size where the file says none.

    Weights have shapes and no values, a batch of 1 stands in front of all tensors.  What ncnn
    runs as a product on a map of one position (squeeze-excite) is a conv, as exporters write it.
    What makes boxes of the outputs is left out.
    """
    graph = _Graph()
    for layer in _layers(text):
        graph.add(layer, image)
    return graph.model()


@dataclass(slots=True)
class _Graph:
    nodes: list[onnx.NodeProto] = field(default_factory=list)
    weights: list[TensorProto] = field(default_factory=list)
    inputs: list[str] = field(default_factory=list)
    types: dict[str, onnx.TypeProto] = field(default_factory=dict)
    constants: dict[str, TensorProto] = field(default_factory=dict)
    same: dict[str, str] = field(default_factory=dict)

    def model(self) -> onnx.ModelProto:
        """All that nobody reads is an output."""
        read = {name for node in self.nodes for name in node.input}
        ends = [name for node in self.nodes for name in node.output if name not in read]
        graph = helper.make_graph(
            self.nodes, "ncnn",
            [helper.make_value_info(name, self.types[name]) for name in self.inputs],
            [helper.make_value_info(name, self.types[name]) for name in ends], self.weights,
        )  # fmt: skip
        return helper.make_model(graph, opset_imports=[helper.make_opsetid("", _OPSET)])

    def shape(self, name: str) -> list[int]:
        return [dim.dim_value for dim in self.types[name].tensor_type.shape.dim]

    def weight(self, *dims: int) -> str:
        name = f"weight{len(self.weights)}"
        self.weights.append(TensorProto(name=name, data_type=TensorProto.FLOAT, dims=dims))
        self.types[name] = helper.make_tensor_type_proto(TensorProto.FLOAT, dims)
        return name

    def value(self, *values: float, whole: bool = True) -> str:
        kind = np.dtype("int64" if whole else "float32")
        tensor = numpy_helper.from_array(np.array(values, kind), f"weight{len(self.weights)}")
        self.weights.append(tensor)
        self.constants[tensor.name] = tensor
        self.types[tensor.name] = helper.make_tensor_type_proto(tensor.data_type, tensor.dims)
        return tensor.name

    def emit(
        self, op: str, reads: Sequence[str], makes: Sequence[str] = (), **attributes: object
    ) -> str:
        """Add an operator; what it makes is called after its place where no name is given."""
        makes = list(makes) or [f"made{len(self.nodes)}"]
        given = {key: value for key, value in attributes.items() if value is not None}
        node = helper.make_node(op, list(reads), makes, name=makes[0], **given)
        schema = onnx.defs.get_schema(op, _OPSET)
        types = {each: self.types[each] for each in reads if each}
        values = {each: self.constants[each] for each in reads if each in self.constants}
        self.types |= infer_node_outputs(
            schema, node, types, values, opset_imports=[helper.make_opsetid("", _OPSET)]
        )
        self.nodes.append(node)
        return makes[0]

    def add(self, layer: _Layer, image: int) -> None:
        """Add a layer's operators."""
        layer = _Layer(
            layer.type, layer.name, tuple(self.same.get(each, each) for each in layer.reads),
            layer.makes, layer.numbers, layer.lists,
        )  # fmt: skip
        if layer.type in _BEHIND or not all(each in self.types for each in layer.reads):
            return
        if layer.type in _SAME:
            self.same |= dict.fromkeys(layer.makes, layer.reads[0]) if layer.reads else {}
        else:
            _MAKERS[layer.type](self, layer, image)


def _input(graph: _Graph, layer: _Layer, image: int) -> None:
    (name,) = layer.makes
    shape = (1, layer.get(2, 3), layer.get(1, image), layer.get(0, image))
    graph.inputs.append(name)
    graph.types[name] = helper.make_tensor_type_proto(TensorProto.FLOAT, shape)


def _constant(graph: _Graph, layer: _Layer, _: int) -> None:
    dims = [layer.get(key) for key in (2, 1, 0) if layer.get(key)]
    graph.same[layer.makes[0]] = graph.weight(1, *dims)


def _activated(graph: _Graph, layer: _Layer, made: str) -> None:
    """The activation in a layer, if there is one; what it makes has the layer's name then."""
    kind = layer.get(9 if layer.type != "Gemm" else -1)
    (name,) = layer.makes
    if not kind:
        graph.nodes[-1].output[0] = name
        graph.types[name] = graph.types.pop(made)
        return
    op = _ACTIVATIONS[kind]
    bounds = [graph.value(), graph.value()] if op == "Clip" else []
    for bound, each in zip(bounds, layer.lists.get(10, ()), strict=False):
        tensor = numpy_helper.from_array(np.array(each, "float32"), bound)
        next(one for one in graph.weights if one.name == bound).CopyFrom(tensor)
        graph.types[bound] = helper.make_tensor_type_proto(TensorProto.FLOAT, ())
        graph.constants[bound] = tensor
    graph.emit(op, [made, *bounds], [name])


def _conv(graph: _Graph, layer: _Layer, _: int) -> None:
    (source,) = layer.reads
    groups = max(layer.get(7, 1), 1)
    window, channels = layer.pair(1, 11, 1), graph.shape(source)[1]
    turned = layer.type.startswith("Deconvolution")
    ends = (layer.get(0), channels) if not turned else (channels, layer.get(0))
    reads = [source, graph.weight(ends[0], ends[1] // groups, *window)]
    if layer.get(5):
        reads.append(graph.weight(layer.get(0)))
    left = layer.get(4)
    top = layer.get(14, left)
    pads = [top, left, layer.get(16, top), layer.get(15, left)]
    made = graph.emit(
        "ConvTranspose" if turned else "Conv", reads, kernel_shape=window,
        strides=layer.pair(3, 13, 1), dilations=layer.pair(2, 12, 1), group=groups,
        pads=None if left < 0 else pads, auto_pad="SAME_UPPER" if left < 0 else None,
    )  # fmt: skip
    _activated(graph, layer, made)


def _product(graph: _Graph, layer: _Layer, _: int) -> None:
    (source,) = layer.reads
    _, *dims = graph.shape(source)
    width, inner = layer.get(0), int(np.prod(dims))
    bias = [graph.weight(width)] if layer.get(1) else []
    if len(dims) == 3 and dims[1:] == [1, 1]:
        made = graph.emit(
            "Conv", [source, graph.weight(width, inner, 1, 1), *bias], kernel_shape=[1, 1]
        )
    else:
        source = source if len(dims) == 1 else graph.emit("Flatten", [source])
        made = graph.emit("Gemm", [source, graph.weight(width, inner), *bias], transB=1)
    _activated(graph, layer, made)


def _rows_times(graph: _Graph, source: str, inner: int, width: int, makes: Sequence[str]) -> str:
    made = graph.emit("MatMul", [source, graph.weight(inner, width)])
    return graph.emit("Add", [made, graph.weight(width)], makes)


def _gemm(graph: _Graph, layer: _Layer, _: int) -> None:
    _rows_times(graph, layer.reads[0], layer.get(9), layer.get(8), layer.makes)


def _attention(graph: _Graph, layer: _Layer, _: int) -> None:
    """As exporters write it: a product for each of queries, keys and values."""
    width, heads = layer.get(0), layer.get(1)
    depth, order = width // heads, ([0, 2, 1, 3], [0, 2, 3, 1], [0, 2, 1, 3])
    split = graph.value(1, -1, heads, depth)
    queries, keys, values = (
        graph.emit(
            "Transpose",
            [graph.emit("Reshape", [_rows_times(graph, each, width, width, ()), split])],
            perm=perm,
        )
        for each, perm in zip(layer.reads, order, strict=True)
    )
    scaled = graph.emit("Mul", [queries, graph.value(depth**-0.5, whole=False)])
    scores = graph.emit("Softmax", [graph.emit("MatMul", [scaled, keys])], axis=-1)
    joined = graph.emit("Transpose", [graph.emit("MatMul", [scores, values])], perm=[0, 2, 1, 3])
    flat = graph.emit("Reshape", [joined, graph.value(1, -1, width)])
    _rows_times(graph, flat, width, width, layer.makes)


def _pool(graph: _Graph, layer: _Layer, _: int) -> None:
    kind = "AveragePool" if layer.get(0) else "MaxPool"
    if layer.get(4):
        graph.emit(f"Global{kind}", layer.reads, layer.makes)
        return
    left, mode = layer.get(3), layer.get(5)
    top = layer.get(13, left)
    pads = [top, left, layer.get(15, top), layer.get(14, left)]
    graph.emit(
        kind, layer.reads, layer.makes, kernel_shape=layer.pair(1, 11, 1),
        strides=layer.pair(2, 12, 1), pads=pads if mode < 2 else None,
        auto_pad="SAME_UPPER" if mode > 1 else None, ceil_mode=int(mode == 0),
    )  # fmt: skip


def _permute(graph: _Graph, layer: _Layer, _: int) -> None:
    rank = len(graph.shape(layer.reads[0])) - 1
    axes, order = ("chw", _PERMUTATIONS) if rank == 3 else ("hw", _PERMUTED_ROWS)
    perm = [0, *(1 + axes.index(axis) for axis in order[layer.get(0)])]
    graph.emit("Transpose", layer.reads, layer.makes, perm=perm)


def _shuffle(graph: _Graph, layer: _Layer, _: int) -> None:
    _, channels, *sizes = graph.shape(layer.reads[0])
    groups = layer.get(0, 1)
    if layer.get(1):
        groups = channels // groups
    apart = graph.value(1, groups, channels // groups, *sizes)
    turned = graph.emit(
        "Transpose", [graph.emit("Reshape", [layer.reads[0], apart])], perm=[0, 2, 1, 3, 4]
    )
    graph.emit("Reshape", [turned, graph.value(1, channels, *sizes)], layer.makes)


def _slice(graph: _Graph, layer: _Layer, _: int) -> None:
    axis = layer.get(1) + 1
    sizes, left = [], graph.shape(layer.reads[0])[axis]
    for at, size in enumerate(map(int, layer.lists[0])):
        size = left // (len(layer.makes) - at) if size == _REST else size
        sizes.append(size)
        left -= size
    graph.emit("Split", [layer.reads[0], graph.value(*sizes)], layer.makes, axis=axis)


def _crop(graph: _Graph, layer: _Layer, _: int) -> None:
    """A part of the channels: the only crops that these networks have."""
    if 9 in layer.lists:
        start, end, axis = (int(layer.lists[key][0]) for key in (9, 10, 11))
    else:
        axis, start = 0, layer.get(2)
        end = start + layer.get(5)
    bounds = [graph.value(each) for each in (start, end, axis + 1)]
    graph.emit("Slice", [layer.reads[0], *bounds], layer.makes)


def _pad(graph: _Graph, layer: _Layer, _: int) -> None:
    top, bottom, left, right = map(layer.get, range(4))
    pads = graph.value(0, layer.get(7), top, left, 0, layer.get(8), bottom, right)
    graph.emit("Pad", [layer.reads[0], pads], layer.makes)


def _resize(graph: _Graph, layer: _Layer, _: int) -> None:
    scales = graph.value(1, 1, layer.numbers[1], layer.numbers[2], whole=False)
    mode = "linear" if layer.get(0) == 2 else "nearest"
    graph.emit("Resize", [layer.reads[0], "", scales], layer.makes, mode=mode)


def _reshape(graph: _Graph, layer: _Layer, _: int) -> None:
    sizes = [layer.get(key) for key in (2, 1, 0) if key in layer.numbers]
    graph.emit("Reshape", [layer.reads[0], graph.value(1, *sizes)], layer.makes)


def _norm(graph: _Graph, layer: _Layer, _: int) -> None:
    width = layer.get(0)
    count = 4 if layer.type == "BatchNorm" else 2
    op = "BatchNormalization" if layer.type == "BatchNorm" else "LayerNormalization"
    graph.emit(op, [*layer.reads, *(graph.weight(width) for _ in range(count))], layer.makes)


def _softmax(graph: _Graph, layer: _Layer, _: int) -> None:
    graph.emit("Softmax", layer.reads, layer.makes, axis=1 + layer.get(0))


def _concat(graph: _Graph, layer: _Layer, _: int) -> None:
    graph.emit("Concat", layer.reads, layer.makes, axis=1 + layer.get(0))


def _swish(graph: _Graph, layer: _Layer, _: int) -> None:
    (source,) = layer.reads
    graph.emit("Mul", [source, graph.emit("Sigmoid", [source])], layer.makes)


def _binary(graph: _Graph, layer: _Layer, _: int) -> None:
    names = _BINARY if layer.type == "BinaryOp" else _ELTWISE
    reads = list(layer.reads)
    if layer.get(1) and len(reads) == 1:
        reads.append(graph.value(layer.numbers.get(2, 0), whole=False))
    graph.emit(names[layer.get(0)], reads, layer.makes)


def _alike(op: str) -> Callable[[_Graph, _Layer, int], None]:
    def make(graph: _Graph, layer: _Layer, _: int) -> None:
        graph.emit(op, layer.reads, layer.makes)

    return make


_MAKERS: Mapping[str, Callable[[_Graph, _Layer, int], None]] = {
    "BatchNorm": _norm, "BinaryOp": _binary, "Concat": _concat, "Convolution": _conv,
    "ConvolutionDepthWise": _conv, "Crop": _crop, "DeconvolutionDepthWise": _conv,
    "Eltwise": _binary, "Flatten": _alike("Flatten"), "GELU": _alike("Gelu"), "Gemm": _gemm,
    "HardSigmoid": _alike("HardSigmoid"), "HardSwish": _alike("HardSwish"), "Input": _input,
    "InnerProduct": _product, "Interp": _resize, "LRN":
        lambda graph, layer, _: graph.emit("LRN", layer.reads, layer.makes, size=5) and None,
    "LayerNorm": _norm, "MemoryData": _constant, "MultiHeadAttention": _attention,
    "Padding": _pad, "Permute": _permute, "Pooling": _pool, "ReLU": _alike("Relu"),
    "Reshape": _reshape, "ShuffleChannel": _shuffle, "Sigmoid": _alike("Sigmoid"),
    "Slice": _slice, "Softmax": _softmax, "Swish": _swish,
}  # fmt: skip
