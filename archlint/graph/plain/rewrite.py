"""A model whose runtime's operators are replaced by ONNX's own."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

import numpy as np
import onnx

from archlint.graph.node import check_text
from archlint.graph.plain.attention import ATTENTION
from archlint.graph.plain.blocked import BLOCKED
from archlint.graph.plain.fused import FUSED
from archlint.graph.plain.integers import OF_MICROSOFT, OF_ONNX
from archlint.graph.plain.parts import Parts, Rewrite
from archlint.graph.plain.qonnx import QONNX, QONNX_DOMAINS
from archlint.graph.shapes import opset_of

__all__ = ["in_plain_onnx"]

_REWRITES: Mapping[str, Mapping[str, Rewrite]] = {
    "": OF_ONNX,
    "ai.onnx": OF_ONNX,
    "com.microsoft": {**FUSED, **ATTENTION, **OF_MICROSOFT},
    "com.microsoft.nchwc": BLOCKED,
    **dict.fromkeys(QONNX_DOMAINS, QONNX),
}
_NONE: Mapping[str, Rewrite] = {}


def in_plain_onnx(path: str, proto: onnx.ModelProto) -> onnx.ModelProto:
    """The model with each operator of a runtime as the ONNX operators that it stands for.

    So a file that a runtime saved has the operators that it was made from, for shapes, rules
    and prices alike.  What has no such form is left as it is.  `proto` is not changed; where
    nothing is to be replaced it is returned itself.
    Raises ModelError if a name is no text.
    """
    if not any(node.op_type in _REWRITES.get(node.domain, _NONE) for node in proto.graph.node):
        return proto
    opset, scalars, real = opset_of(proto), _scalars(proto.graph), _real(proto.graph)
    plain = onnx.ModelProto()
    plain.CopyFrom(proto)
    del plain.graph.node[:]
    for position, node in enumerate(proto.graph.node):
        rewrite = _REWRITES.get(node.domain, _NONE).get(node.op_type)
        if rewrite is not None:
            check_text(path, (node.name, *node.input, *node.output))
            parts = Parts(node, node.name or f"{node.op_type}_{position}", opset, scalars, real)
            if rewrite(parts):
                plain.graph.node.extend(parts.nodes)
                continue
        plain.graph.node.append(node)
    return plain


def _real(graph: onnx.GraphProto) -> type[np.generic]:
    """The type that most weights are in, of the two that runtimes fuse operators of."""
    kinds = Counter(each.data_type for each in graph.initializer)
    half = kinds[onnx.TensorProto.FLOAT16] > kinds[onnx.TensorProto.FLOAT]
    return np.float16 if half else np.float32


def _scalars(graph: onnx.GraphProto) -> dict[str, float]:
    """The constants of one number, of those in float, as they are where numbers are asked for."""
    found = {each.name: each for each in graph.initializer}
    for node in graph.node:
        if node.op_type == "Constant" and len(node.output) == 1:
            for attribute in node.attribute:
                if attribute.name == "value":
                    found[node.output[0]] = attribute.t
    return {name: values[0] for name, each in found.items() if len(values := _floats(each)) == 1}


def _floats(tensor: onnx.TensorProto) -> list[float]:
    """The numbers of a tensor in float, as far as the file holds them; not those of large ones."""
    if tensor.data_type != onnx.TensorProto.FLOAT or len(tensor.raw_data) > _FLOAT.itemsize:
        return []
    if len(tensor.raw_data) == _FLOAT.itemsize:
        return [float(each) for each in np.frombuffer(tensor.raw_data, _FLOAT)]
    return list(tensor.float_data)


_FLOAT = np.dtype("<f4")
