"""The kernels in a graph that ONNX Runtime has optimised, in the words of lowering."""

from __future__ import annotations

from collections import Counter
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

from archlint.cost.kernels.kind import Kind
from archlint.cost.lowering.lowered import Lowered

__all__ = [
    "Signature",
    "block_here",
    "optimised",
    "signatures_of_graph",
    "signatures_of_kernels",
]

Signature = tuple[str, str, tuple[str, ...], tuple[int, ...]]
"""Operator, path, epilogue, and the sizes that the graph shows of it: those of its weights."""

_NAMES = {
    "Gemm": "MatMul", "FusedMatMul": "MatMul", "FusedGemm": "MatMul", "FusedConv": "Conv",
    "Upsample": "Resize", "QuickGelu": "SiLU", "FastGelu": "Gelu",
    "SimplifiedLayerNormalization": "RMSNormalization",
}  # fmt: skip
_CONVS = frozenset({Kind.CONV, Kind.GROUP_CONV, Kind.DEPTHWISE})


def optimised(proto: onnx.ModelProto, folder: Path) -> onnx.ModelProto:
    """What ONNX Runtime makes of a model at batch 1, whose missing weights are drawn.

    What else a model leaves open stays so, as for whoever runs the file.
    """
    filled = _filled(proto)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    options.optimized_model_filepath = str(folder / "optimised.onnx")
    prefix = "session.optimized_model_external_initializers_"
    options.add_session_config_entry(prefix + "file_name", "weights.bin")
    options.add_session_config_entry(prefix + "min_size_in_bytes", "1024")
    for each in proto.graph.input:
        for dim in each.type.tensor_type.shape.dim[:1]:
            if dim.dim_param:
                options.add_free_dimension_override_by_name(dim.dim_param, 1)
    onnxruntime.InferenceSession(
        filled.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )
    result = onnx.load(str(folder / "optimised.onnx"), load_external_data=False)
    (folder / "weights.bin").unlink(missing_ok=True)
    return result


def _filled(proto: onnx.ModelProto) -> onnx.ModelProto:
    """A copy with positive random values for the weights that have none."""
    copy = onnx.ModelProto()
    copy.CopyFrom(proto)
    copy.ir_version = min(copy.ir_version, 10)
    random = np.random.default_rng(0)
    for tensor in copy.graph.initializer:
        count = int(np.prod(tensor.dims))
        empty = not any((tensor.raw_data, tensor.float_data, tensor.int64_data, tensor.int32_data))
        if count and empty:
            dtype = helper.tensor_dtype_to_np_dtype(tensor.data_type)
            values = (random.random(count, dtype=np.float32) * 0.05 + 0.01).astype(dtype)
            tensor.CopyFrom(numpy_helper.from_array(values.reshape(tensor.dims), tensor.name))
    return copy


def block_here(folder: Path) -> int:
    """The channels that the runtime keeps together on this CPU, 1 where it blocks none."""
    weight = helper.make_tensor("w", TensorProto.FLOAT, [24, 24, 1, 1], [0.0] * 24 * 24)
    shape = [1, 24, 4, 4]
    ends = [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name in "xy"]
    node = helper.make_node("Conv", ["x", "w"], ["y"])
    graph = helper.make_graph([node], "net", ends[:1], ends[1:], [weight])
    opset = [helper.make_opsetid("", 17)]
    found = optimised(helper.make_model(graph, opset_imports=opset), folder).graph
    (conv,) = (each for each in found.node if each.op_type.endswith("Conv"))
    (channels,) = (each.dims[0] for each in found.initializer if len(each.dims) == 4)
    if not conv.domain.endswith("nchwc"):
        return 1
    return 16 if channels % 24 else 8


def signatures_of_graph(proto: onnx.ModelProto, block: int) -> Counter[Signature]:
    """The kernels of a graph that was optimised for blocks of this size."""
    weights = {each.name: tuple(each.dims) for each in proto.graph.initializer}
    small = {each.name for each in proto.graph.initializer if _is_small(each)}
    return Counter(
        ("Mul", "", (), ())
        if node.op_type == "Pow" and node.input[1] in small
        else _signature(node, weights, block)
        for node in proto.graph.node
    )


def _is_small(tensor: onnx.TensorProto) -> bool:
    """Whether a power by it runs as products."""
    return prod(tensor.dims) == 1 and float(numpy_helper.to_array(tensor).item()) in (2.0, 3.0)


def _signature(node: onnx.NodeProto, weights: dict[str, tuple[int, ...]], block: int) -> Signature:
    attributes: dict[str, Any] = {
        each.name: helper.get_attribute_value(each) for each in node.attribute
    }
    name = _NAMES.get(node.op_type, node.op_type)
    epilogue = ["Add"] if name == "Conv" and len(node.input) > 3 else []
    if "activation" in attributes:
        epilogue.append(attributes["activation"].decode())
    path = ""
    sizes: tuple[int, ...] = ()
    weight = weights.get(node.input[1], ()) if len(node.input) > 1 else ()
    if node.domain.endswith("nchwc"):
        path = "" if name.startswith("Reorder") else "nchwc"
        if attributes.get("channels_last"):
            path = "nhwc"
    if name == "Conv":
        groups = attributes.get("group", 1)
        if path and groups == 1 and weight[1] < block:
            path = "nchwc-stem"
        sizes = (*weight, groups)
    elif name == "MatMul" and node.op_type == "FusedMatMul":
        path = " ".join(f"trans{side}" for side in "AB" if attributes.get(f"trans{side}"))
        sizes = () if path else weight
    elif name == "MatMul" and weight:
        sizes = weight[::-1] if attributes.get("transB") else weight
    elif name == "ReorderOutput":
        sizes = (attributes["channels"],)
    return name, path, tuple(epilogue), sizes


def signatures_of_kernels(lowered: Lowered, block: int) -> Counter[Signature]:
    """The same of lowered kernels; blocked convs are padded to whole blocks."""
    found: Counter[Signature] = Counter()
    for placed in lowered.kernels:
        kernel = placed.kernel
        path = kernel.path
        sizes: tuple[int, ...] = ()
        if kernel.kind in _CONVS:
            c_out, groups, ins = kernel.c_out, kernel.groups, kernel.c_in // kernel.groups
            if path:
                c_out = _whole(c_out, block)
                groups = c_out if kernel.kind is Kind.DEPTHWISE else groups
            if path == "nchwc" and groups == 1:
                ins = _whole(ins, block)
            sizes = (c_out, ins, *kernel.window, groups)
        elif kernel.op == "MatMul":
            if kernel.constant and not path.startswith("trans"):
                sizes = (kernel.c_in, kernel.c_out)
        elif kernel.op == "ReorderOutput":
            # in the order NHWC the channels come last
            sizes = (kernel.out_map[-1] if path == "nhwc" else kernel.c_out,)
        elif path not in ("nchwc", "nhwc"):
            path = ""
        name = _NAMES.get(kernel.op, kernel.op)
        found[name, path, kernel.epilogue, sizes] += 1
    return found


def _whole(channels: int, block: int) -> int:
    return -(-channels // block) * block
