"""From a file to a Model."""

from __future__ import annotations

from collections.abc import Mapping

import onnx

from archlint.graph.build import build_model
from archlint.graph.model import Model
from archlint.graph.read import read_proto

__all__ = ["read_model"]


def read_model(
    model: str | onnx.ModelProto,
    *,
    batch: int | None = None,
    inputs: Mapping[str, tuple[int, ...]] | None = None,
    dims: Mapping[str, int] | None = None,
) -> Model:
    """Read a file (or take a proto) and build its graph at the sizes asked for.

    `batch` is the first dim of the inputs, `inputs` maps an input's name ("" for the only
    one) to its shape, `dims` a symbolic dim to its size.  Raises ModelError and UsageError.
    """
    if isinstance(model, str):
        return build_model(model, read_proto(model), batch=batch, inputs=inputs, dims=dims)
    return build_model("<model>", model, batch=batch, inputs=inputs, dims=dims)
