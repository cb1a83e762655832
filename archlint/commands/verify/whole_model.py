"""A whole model's time, predicted and measured."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import onnx

from archlint.errors import ArchlintError, ModelError
from archlint.graph.axis_uses import axis_uses
from archlint.graph.read import read_proto
from archlint.graph.rebatch import rebatched
from archlint.graph.shapes import declared_inputs
from archlint.graph.sizes import bind_sizes
from archlint.measure.backend import Backend
from archlint.measure.fit.drift import Reference
from archlint.measure.random_weights import with_random_weights
from archlint.measure.target_file import reference_of
from archlint.results.findings import ModelReport, TargetReport
from archlint.results.verification import WholeModel

__all__ = ["runnable", "time_whole"]


def time_whole(model: ModelReport, backend: Backend, sessions: int, target: Path) -> WholeModel:
    """Run a model with random weights in fresh sessions, at the sizes that it was linted at.

    The drift is the mean of the target's reference medley before and after.
    """
    priced: TargetReport = model.targets[0]
    whole = WholeModel(priced.predicted, priced.low, priced.high)
    if priced.stored:
        reason = f"the file is {priced.stored}: it cannot be run as it is priced"
        return replace(whole, reason=reason)
    if model.unknown_operators:
        return replace(whole, reason="it has operators that are not read, and so no prediction")
    try:
        proto = runnable(model)
        reference: Reference = reference_of(target)
        before = reference.drift(backend)
        seconds = backend.time_model(proto, sessions)
        drift = (before + reference.drift(backend)) / 2
    except ArchlintError as fault:
        return replace(whole, reason=str(fault))
    return replace(whole, seconds=seconds, drift=drift)


def runnable(model: ModelReport) -> onnx.ModelProto:
    """The model's file at the sizes linted, with random weights."""
    return with_random_weights(_at_sizes(read_proto(model.path), model), seed=0)


def _at_sizes(proto: onnx.ModelProto, model: ModelReport) -> onnx.ModelProto:
    """The model with its inputs fixed at the sizes linted; what else it says of sizes goes."""
    declared = declared_inputs(proto.graph)
    uses = axis_uses(proto.graph, declared)
    linted = {each.name: each.shape for each in model.inputs if each.shape is not None}
    with suppress(ModelError):  # what takes no other batch is said by the runtime
        proto = rebatched(
            model.path,
            proto,
            bind_sizes(declared, uses=uses),
            bind_sizes(declared, inputs=linted, uses=uses),
        )
    for given in proto.graph.input:
        shape = linted.get(given.name)
        if shape is not None:
            fixed = given.type.tensor_type.shape
            del fixed.dim[:]
            for size in shape:
                fixed.dim.add().dim_value = size
    del proto.graph.value_info[:]
    for result in proto.graph.output:
        result.type.tensor_type.ClearField("shape")
    return proto
