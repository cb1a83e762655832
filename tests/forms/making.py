"""Forms of one network, made by the tools that people use."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper, version_converter

from archlint.measure.random_weights import with_random_weights

__all__ = ["FORMS", "OPSETS", "narrow", "network"]

ROOT = Path(__file__).parents[2]
OPSETS = range(7, 26)
_NARROW = 64
_WIDE = frozenset({4096, 30522})
"""VGG-16's classifier has 124 of its 138 million weights, BERT's vocabulary 23 of its 109."""

_BLOCK = re.compile(r"'blocks\.(\d+)', 'blocks\.\d+\.norm1'")
_DEPTH = 3

Make = Callable[[Path, Path], onnx.ModelProto]
"""From a network's file and an empty folder to another form of it."""


def network(name: str, folder: Path) -> Path:
    """An example with weights, as a file of its own."""
    proto = onnx.load(str(ROOT / "examples" / "onnx" / f"{name}.onnx"))
    narrow(proto)
    _shorten(proto)
    # the batch that the example leaves open
    for each in (*proto.graph.input, *proto.graph.output):
        dim = each.type.tensor_type.shape.dim[0]
        if dim.dim_param:
            dim.dim_value = 1
    file = folder / f"{name}.onnx"
    onnx.save(with_random_weights(proto, 1), str(file))
    return file


def narrow(proto: onnx.ModelProto) -> None:
    """Make the sizes that most weights are in, and that show nothing more, small ones."""
    for tensor in proto.graph.initializer:
        tensor.dims[:] = [_NARROW if each in _WIDE else each for each in tensor.dims]
    for value in proto.graph.value_info:
        for dim in value.type.tensor_type.shape.dim:
            if dim.dim_value in _WIDE:
                dim.dim_value = _NARROW


def _shorten(proto: onnx.ModelProto) -> None:
    """The twelve blocks of a transformer are alike: three show as much."""
    nodes = list(proto.graph.node)
    starts = [
        place
        for place, node in enumerate(nodes)
        if any(_BLOCK.search(each.value) for each in node.metadata_props)
    ]
    if len(starts) <= _DEPTH:
        return
    first = nodes[starts[_DEPTH]].input[0]
    after = next(each for each in nodes if "norm.weight" in each.input)
    kept = [*nodes[: starts[_DEPTH]], *nodes[nodes.index(after) :]]
    after.input[0] = first
    read = {name for node in kept for name in node.input}
    weights = [each for each in proto.graph.initializer if each.name in read]
    del proto.graph.node[:], proto.graph.initializer[:]
    proto.graph.node.extend(kept)
    proto.graph.initializer.extend(weights)


class _Images:
    """What a quantiser calibrates with: two random inputs."""

    def __init__(self, file: Path) -> None:
        self._inputs: Iterator[dict[str, Any]] = iter(_inputs(file))

    def get_next(self) -> dict[str, Any] | None:
        return next(self._inputs, None)


def _inputs(file: Path) -> Iterator[dict[str, Any]]:
    (given,) = onnx.load(str(file)).graph.input
    shape = [each.dim_value for each in given.type.tensor_type.shape.dim]
    random = np.random.default_rng(1)
    for _ in range(2):
        yield {given.name: random.standard_normal(shape).astype(np.float32)}


def _static(quant_format: str, *, signed: bool = False, **options: object) -> Make:
    def make(file: Path, folder: Path) -> onnx.ModelProto:
        from onnxruntime.quantization import QuantFormat, QuantType, quantize_static

        made = folder / "quantised.onnx"
        quantize_static(
            str(file),
            str(made),
            _Images(file),
            quant_format=QuantFormat[quant_format],
            activation_type=QuantType.QInt8 if signed else QuantType.QUInt8,
            **options,
        )
        return onnx.load(str(made))

    return make


def _dynamic(file: Path, folder: Path) -> onnx.ModelProto:
    from onnxruntime.quantization import quantize_dynamic

    made = folder / "dynamic.onnx"
    quantize_dynamic(str(file), str(made))
    return onnx.load(str(made))


def _optimised(level: str) -> Make:
    def make(file: Path, folder: Path) -> onnx.ModelProto:
        import onnxruntime as ort

        options = ort.SessionOptions()
        options.graph_optimization_level = getattr(ort.GraphOptimizationLevel, level)
        options.optimized_model_filepath = str(folder / "optimised.onnx")
        options.log_severity_level = 3
        ort.InferenceSession(str(file), options, providers=["CPUExecutionProvider"])
        return onnx.load(str(folder / "optimised.onnx"))

    return make


def _saved_quantised(file: Path, folder: Path) -> onnx.ModelProto:
    """Quantised, and then saved by the runtime: QLinearConv with the channels last."""
    onnx.save(_static("QDQ")(file, folder), str(folder / "qdq.onnx"))
    return _optimised("ORT_ENABLE_ALL")(folder / "qdq.onnx", folder)


def _half(file: Path, _: Path) -> onnx.ModelProto:
    from onnxruntime.transformers.float16 import convert_float_to_float16

    made: onnx.ModelProto = convert_float_to_float16(onnx.load(str(file)))
    return made


def _brain(file: Path, _: Path) -> onnx.ModelProto:
    """In bfloat16, as torch exports it: weights, values and what casts cast to."""
    proto = onnx.load(str(file))
    for each in (*proto.graph.input, *proto.graph.output, *proto.graph.value_info):
        if each.type.tensor_type.elem_type == TensorProto.FLOAT:
            each.type.tensor_type.elem_type = TensorProto.BFLOAT16
    given = [a.t for node in proto.graph.node for a in node.attribute if a.HasField("t")]
    for tensor in (*proto.graph.initializer, *given):
        if tensor.data_type == TensorProto.FLOAT:
            # the upper half of a number in fp32
            words = numpy_helper.to_array(tensor).ravel().view(np.uint32) >> 16
            raw = words.astype(np.uint16).tobytes()
            tensor.CopyFrom(
                TensorProto(
                    name=tensor.name, dims=tensor.dims, data_type=TensorProto.BFLOAT16, raw_data=raw
                )
            )
    return proto


def _of_weights(dtype: int) -> Make:
    """The weights of convs and products behind a DequantizeLinear, data in float."""

    def make(file: Path, _: Path) -> onnx.ModelProto:
        proto, pairs = onnx.load(str(file)), []
        used = {n.input[1] for n in proto.graph.node if n.op_type in ("Conv", "Gemm", "MatMul")}
        for tensor in [each for each in proto.graph.initializer if each.name in used]:
            stored, scale = f"{tensor.name}_quantised", f"{tensor.name}_scale"
            pairs.append(helper.make_node("DequantizeLinear", [stored, scale], [tensor.name]))
            proto.graph.initializer.append(helper.make_tensor(scale, TensorProto.FLOAT, [], [0.1]))
            tensor.CopyFrom(TensorProto(name=stored, dims=tensor.dims, data_type=dtype))
        nodes = list(proto.graph.node)
        del proto.graph.node[:]
        proto.graph.node.extend([*pairs, *nodes])
        return proto

    return make


def _packed(quant_format: str) -> Make:
    """Products on blocks of weights in 4 bits."""

    def make(file: Path, _: Path) -> onnx.ModelProto:
        from onnxruntime.quantization import QuantFormat
        from onnxruntime.quantization.matmul_nbits_quantizer import MatMulNBitsQuantizer

        form = QuantFormat[quant_format]
        packing = MatMulNBitsQuantizer(onnx.load(str(file)), 4, 32, True, quant_format=form)
        packing.process()
        made: onnx.ModelProto = packing.model.model
        return made

    return make


def _slim(file: Path, _: Path) -> onnx.ModelProto:
    import onnxslim

    made: onnx.ModelProto = onnxslim.slim(str(file))
    return made


def _functions(file: Path, _: Path) -> onnx.ModelProto:
    """Each conv and what follows it as a local function."""
    proto = onnx.load(str(file))
    nodes = list(proto.graph.node)
    readers: dict[str, int] = {}
    for node in nodes:
        for name in node.input:
            readers[name] = readers.get(name, 0) + 1
    outputs = {each.name for each in proto.graph.output}
    del proto.graph.node[:]
    skipped: set[int] = set()
    for place, node in enumerate(nodes):
        if place in skipped:
            continue
        if node.op_type != "Conv":
            proto.graph.node.append(node)
            continue
        body = [node]
        after = nodes[place + 1] if place + 1 < len(nodes) else None
        made = node.output[0]
        alone = readers.get(made) == 1 and made not in outputs
        if after is not None and list(after.input) == [made] and alone:
            body.append(after)
            skipped.add(place + 1)
        name = f"Layer{place}"
        function = helper.make_function(
            "local", name, list(node.input), list(body[-1].output), body, proto.opset_import
        )
        proto.functions.append(function)
        call = helper.make_node(
            name, list(node.input), list(body[-1].output), name=name, domain="local"
        )
        proto.graph.node.append(call)
    proto.opset_import.append(helper.make_opsetid("local", 1))
    return proto


def _inlined(file: Path, folder: Path) -> onnx.ModelProto:
    from onnx import inliner

    return inliner.inline_local_functions(_functions(file, folder))


def _of_opset(version: int) -> Make:
    def make(file: Path, _: Path) -> onnx.ModelProto:
        return version_converter.convert_version(onnx.load(str(file)), version)

    return make


FORMS: Mapping[str, Make] = {
    "static QDQ": _static("QDQ"),
    "static QDQ, signed data": _static("QDQ", signed=True),
    "static QDQ, by channel": _static("QDQ", per_channel=True),
    "static QOperator": _static("QOperator"),
    "dynamic": _dynamic,
    "saved at the basic level": _optimised("ORT_ENABLE_BASIC"),
    "saved at the extended level": _optimised("ORT_ENABLE_EXTENDED"),
    "saved at the highest level": _optimised("ORT_ENABLE_ALL"),
    "quantised and saved": _saved_quantised,
    "half": _half,
    "bfloat16": _brain,
    "int8 weights": _of_weights(TensorProto.INT8),
    "int4 weights": _of_weights(TensorProto.INT4),
    "packed products": _packed("QOperator"),
    "packed weights": _packed("QDQ"),
    "slim": _slim,
    "functions": _functions,
    "inlined": _inlined,
    **{f"opset {version}": _of_opset(version) for version in OPSETS},
}
