"""A model whose runtime's operators are replaced by ONNX's own."""

from __future__ import annotations

from collections.abc import Mapping

import onnx

from archlint.graph.node import check_text
from archlint.graph.plain.attention import ATTENTION
from archlint.graph.plain.blocked import BLOCKED
from archlint.graph.plain.fused import FUSED
from archlint.graph.plain.integers import OF_MICROSOFT, OF_ONNX
from archlint.graph.plain.parts import Parts, Rewrite
from archlint.graph.shapes import opset_of

__all__ = ["in_plain_onnx"]

_REWRITES: Mapping[str, Mapping[str, Rewrite]] = {
    "": OF_ONNX,
    "ai.onnx": OF_ONNX,
    "com.microsoft": {**FUSED, **ATTENTION, **OF_MICROSOFT},
    "com.microsoft.nchwc": BLOCKED,
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
    opset = opset_of(proto)
    plain = onnx.ModelProto()
    plain.CopyFrom(proto)
    del plain.graph.node[:]
    for position, node in enumerate(proto.graph.node):
        rewrite = _REWRITES.get(node.domain, _NONE).get(node.op_type)
        if rewrite is not None:
            check_text(path, (node.name, *node.input, *node.output))
            parts = Parts(node, node.name or f"{node.op_type}_{position}", opset)
            if rewrite(parts):
                plain.graph.node.extend(parts.nodes)
                continue
        plain.graph.node.append(node)
    return plain
