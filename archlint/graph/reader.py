"""From a file to a Model."""

from __future__ import annotations

from collections.abc import Mapping

import onnx

from archlint.graph.build_model import build_model
from archlint.graph.collector import collector_paused
from archlint.graph.model import Model
from archlint.graph.read import read_proto

__all__ = ["read_model"]

_UNNAMED = "<model>"


def read_model(
    model: str | onnx.ModelProto,
    *,
    batch: int | None = None,
    rebatch: int | None = None,
    inputs: Mapping[str, tuple[int, ...]] | None = None,
    dims: Mapping[str, int] | None = None,
    path: str = _UNNAMED,
    origins: bool = False,
) -> Model:
    """Read a file (or take a proto) and build its graph at the sizes asked for.

    `batch` is the first dim of the inputs, `inputs` maps an input's name ("" for the only
    one) to its shape, `dims` a symbolic dim to its size.  At `rebatch` it is built whatever batch
    the file and `inputs` have.  `path` names a proto that was read
    before, `origins` asks for what its exporter says of each operator's source.
    Raises ModelError and UsageError.
    """
    with collector_paused():
        path, proto = (model, read_proto(model)) if isinstance(model, str) else (path, model)
        return build_model(
            path, proto, batch=batch, rebatch=rebatch, inputs=inputs, dims=dims, origins=origins
        )
