"""From a module to an ONNX proto without weights."""

from __future__ import annotations

import onnx
import torch

from archlint.source.export.build import Built
from archlint.source.export.weightless import weightless_proto

__all__ = ["to_onnx"]

_OPSET = 20


def to_onnx(built: Built) -> onnx.ModelProto:
    """Export with torch's current exporter; what it raises comes through."""
    with torch.no_grad(), built.mode():
        captured = torch.export.export(
            built.module, built.args, kwargs=dict(built.kwargs), strict=False
        )
        program = torch.onnx.export(
            captured, dynamo=True, optimize=False, verbose=False, opset_version=_OPSET
        )
    assert program is not None  # None only where a file was asked for
    return weightless_proto(program)
