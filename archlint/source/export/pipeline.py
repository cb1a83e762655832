"""All of an export inside the worker: load, build, record, convert, and what to do instead."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import onnx
import torch

from archlint.doing import doing
from archlint.source.export.build import Built, make
from archlint.source.export.exported import Recorded
from archlint.source.export.failure import Failure, one_line, reason_of
from archlint.source.export.libraries import Libraries
from archlint.source.export.load import find_attribute, load_source
from archlint.source.export.protocol import Request
from archlint.source.export.record import Recorder
from archlint.source.export.to_onnx import program_to_onnx, to_onnx, to_onnx_by_tracing
from archlint.source.export.unexported import reason_not_exported
from archlint.source.export.weights import check_room

__all__ = ["Result", "export_request"]


@dataclass(frozen=True, slots=True)
class Result:
    """The proto, what is known of each module, and what was done otherwise than usual."""

    proto: onnx.ModelProto
    record: Mapping[str, Recorded]
    remarks: tuple[str, ...]


def export_request(request: Request, libraries: Libraries) -> Result:
    """Export a model; raises Failure and whatever the user's code raises on import or built."""
    if request.spec.is_program:
        return _program(request)
    return _Export(request, libraries).run()


def _program(request: Request) -> Result:
    """A program that was captured and saved before: it knows its inputs, and no line of source."""
    path = request.spec.source
    if request.spec.inputs or request.spec.kwargs:
        raise Failure("is a program already: it takes no inputs and no kwargs")
    doing("loading the program")
    try:
        captured = torch.export.load(path)
    except Exception as error:  # a broken file raises whatever it is broken by
        raise Failure(f"is no program of torch.export: {one_line(str(error))}") from error
    with torch.no_grad():
        return Result(program_to_onnx(captured, keep_norms=request.keep_norms), {}, ())


class _Export:
    def __init__(self, request: Request, libraries: Libraries) -> None:
        self._spec, self._keep_norms = request.spec, request.keep_norms
        self._libraries = libraries
        self._start = str(Path.cwd())
        self._recorder = Recorder(libraries)
        self._remarks: list[str] = []
        doing(f"importing {self._spec.source}")
        with self._recorder.watching():
            self._factory = find_attribute(load_source(self._spec.source), self._spec.attribute)

    def run(self) -> Result:
        built = self._first_build()
        reason = ""
        doing("exporting")
        try:
            return self._result(built, to_onnx(built, keep_norms=self._keep_norms))
        except Exception as error:  # the exporter's own faults have no common class
            reason = reason_not_exported(error, built.module, self._libraries, self._start)
        try:
            if built.fake is not None:
                check_room(built.module)
                built = self._build(fake=False)
            doing("exporting by tracing")
            proto = to_onnx_by_tracing(built, keep_norms=self._keep_norms)
        except Exception as error:
            raise Failure(f"cannot be exported: {reason}") from error
        self._remarks.append(
            f"exported by torch's older exporter, for the current one says: {reason}"
        )
        return self._result(built, proto)

    def _first_build(self) -> Built:
        try:
            return self._build(fake=True)
        except Failure:
            raise
        except Exception as error:
            built = self._build(fake=False)
            reason = reason_of(error, self._libraries, self._start)
            self._remarks.append(f"built with its weights, for without them: {reason}")
            return built

    def _build(self, *, fake: bool) -> Built:
        doing("building the module")
        with self._recorder.watching():
            return make(self._spec, self._factory, fake=fake)

    def _result(self, built: Built, proto: onnx.ModelProto) -> Result:
        record = self._recorder.record_of(built.module)
        return Result(proto, record, (*built.remarks, *self._remarks))
