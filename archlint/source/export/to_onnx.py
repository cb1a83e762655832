"""From a module to an ONNX proto without weights."""

from __future__ import annotations

import io
import warnings

import onnx
import torch
from torch.onnx import TrainingMode

from archlint.graph.wire import read_weightless
from archlint.source.export.build import Built
from archlint.source.export.hook_frames import hooks_told
from archlint.source.export.operators_once import operators_once
from archlint.source.export.weightless import weightless_proto

__all__ = ["program_to_onnx", "to_onnx", "to_onnx_by_tracing"]

_OPSET = 20
_OLDER_OPSET = 17  # the newest that the older exporter knows all of


def to_onnx(built: Built, *, keep_norms: bool = False) -> onnx.ModelProto:
    """Export with torch's current exporter; what it raises comes through.

    `keep_norms` leaves each batch-norm an operator of its own, as eager PyTorch runs it.
    """
    with torch.no_grad(), built.mode(), hooks_told():
        captured = torch.export.export(
            built.module, built.args, kwargs=dict(built.kwargs), strict=False
        )
        return program_to_onnx(captured, keep_norms=keep_norms)


def program_to_onnx(
    captured: torch.export.ExportedProgram, *, keep_norms: bool = False
) -> onnx.ModelProto:
    """Export a program that was captured before; what torch's exporter raises comes through."""
    with operators_once():
        program = torch.onnx.export(
            captured, dynamo=True, optimize=False, verbose=False, opset_version=_OPSET
        )
    if program is None:
        raise RuntimeError("torch.onnx.export gave nothing")
    return weightless_proto(program, keep_norms=keep_norms)


def to_onnx_by_tracing(built: Built, *, keep_norms: bool = False) -> onnx.ModelProto:
    """Export with the older exporter, which runs the module; it writes traces in doc strings."""
    buffer = io.BytesIO()
    # in the mode that the module is in, which is eval: PRESERVE alone folds nothing into convs
    training = TrainingMode.PRESERVE if keep_norms else TrainingMode.EVAL
    args = (*built.args, dict(built.kwargs)) if built.kwargs else built.args
    with torch.no_grad(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            built.module,
            args,
            buffer,
            dynamo=False,
            verbose=True,
            opset_version=_OLDER_OPSET,
            training=training,
        )
    proto: onnx.ModelProto = onnx.ModelProto.FromString(read_weightless(buffer))
    return proto
