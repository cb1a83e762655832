"""All of an export inside the worker: load, build, record, convert, with what to do instead."""

from __future__ import annotations

from collections.abc import Mapping

import onnx

from archlint.source.export.build import make
from archlint.source.export.exported import Recorded
from archlint.source.export.libraries import Libraries
from archlint.source.export.load import find_attribute, load_source
from archlint.source.export.protocol import Request
from archlint.source.export.record import Recorder
from archlint.source.export.to_onnx import to_onnx

__all__ = ["export_request"]


def export_request(
    request: Request, libraries: Libraries
) -> tuple[onnx.ModelProto, Mapping[str, Recorded], tuple[str, ...]]:
    """The proto, the record and the remarks; raises what the user's code raises."""
    recorder = Recorder(libraries)
    spec = request.spec
    with recorder.watching():
        factory = find_attribute(load_source(spec.source), spec.attribute)
        built = make(spec, factory, fake=True)
    record = recorder.record_of(built.module)
    return to_onnx(built), record, built.remarks
