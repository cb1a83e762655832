"""Where a model comes from: a file, a proto, or Python source."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from math import isinf
from pathlib import Path
from typing import TYPE_CHECKING

import onnx

from archlint.cost.pricer import Pricer
from archlint.graph.model import Model
from archlint.graph.read import read_bytes, read_proto
from archlint.graph.reader import read_model
from archlint.location import Location
from archlint.settings.options import Options

if TYPE_CHECKING:
    from archlint.source.export import ModelSpec
    from archlint.source.export.elsewhere import Elsewhere

__all__ = ["LiveModel", "Loaded", "Locate", "Source", "SourceModel", "build", "load", "name_of"]

UNNAMED = "<model>"

EXPORT_TIMEOUT = 600.0
"""Seconds for a model of Python source where no other limit is set: its code may hang."""

Locate = Callable[[Model], Mapping[int, Location]]
"""Where in source code the operators of a model are, as far as it can be told."""


@dataclass(frozen=True, slots=True)
class SourceModel:
    """A model of Python source; `targets` empty means those of the run.

    `edits` are texts of files, by real path, to import in place of what the disk has;
    `elsewhere` is where another version of the source is.
    """

    spec: ModelSpec
    name: str = ""
    targets: tuple[str, ...] = ()
    edits: Mapping[str, str] = field(default_factory=dict)
    elsewhere: Elsewhere | None = None


@dataclass(frozen=True, slots=True)
class LiveModel:
    """A torch module of this process, and what it takes, or an exported program, which knows.

    `roots` are where a module's source is.
    """

    module: object
    inputs: object
    name: str
    roots: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Loaded:
    """A model that was read or exported; `remarks` say what was done otherwise than usual.

    `is_sized` says that it was exported at the sizes asked for.
    """

    name: str
    proto: onnx.ModelProto
    locate: Locate | None = None
    remarks: tuple[str, ...] = ()
    is_sized: bool = False


Source = str | bytes | onnx.ModelProto | SourceModel | LiveModel | Loaded
"""A path, the bytes of a file, ...; a model that is loaded already is taken as it is."""


def name_of(source: Source) -> str:
    """What a report calls a model."""
    if isinstance(source, SourceModel):
        return source.name or source.spec.factory
    if isinstance(source, (LiveModel, Loaded)):
        return source.name
    return source if isinstance(source, str) else UNNAMED


def load(source: Source, options: Options, pricers: Iterable[Pricer]) -> Loaded:
    """Read or export a model for these targets; raises ModelError.

    A model of Python source runs its code, in a process of its own.  Where one of the targets runs
    a batch-norm as a kernel of its own, it is exported with them as operators: the other targets'
    lowering folds them.
    """
    if isinstance(source, (SourceModel, LiveModel)):
        keep_norms = not all(each.target.lowering.folds_norms for each in pricers)
        if isinstance(source, LiveModel):
            return _live(source, keep_norms=keep_norms)
        return _exported(source, options, keep_norms=keep_norms)
    if isinstance(source, Loaded):
        return source
    if isinstance(source, bytes):
        proto = read_bytes(source, UNNAMED)
    else:
        proto = read_proto(source) if isinstance(source, str) else source
    roots, path_map = options.source_roots, options.path_map
    return Loaded(name_of(source), proto, _statically(roots, path_map) if roots else None)


def build(loaded: Loaded, options: Options, batch: int | None, rebatch: int | None = None) -> Model:
    """The graph of a model at the sizes asked for; raises ModelError and UsageError.

    At `rebatch` whatever batch these sizes have.
    """
    return read_model(
        loaded.proto,
        batch=batch,
        rebatch=rebatch,
        inputs={} if loaded.is_sized else options.inputs,
        dims=options.dims,
        path=loaded.name,
        origins=loaded.locate is not None,
    )


def _exported(source: SourceModel, options: Options, *, keep_norms: bool) -> Loaded:
    from archlint.source.export.located import locate
    from archlint.source.export.runner import export

    limit = options.timeout or EXPORT_TIMEOUT
    exported = export(
        source.spec,
        timeout=None if isinf(limit) else limit,
        library_packages=options.libraries,
        edits=source.edits,
        elsewhere=source.elsewhere,
        keep_norms=keep_norms,
    )
    start = None if source.elsewhere is None else source.elsewhere.folder
    return Loaded(
        name_of(source),
        exported.proto,
        lambda model: locate(model, exported, start),
        exported.remarks,
        is_sized=True,
    )


def _live(source: LiveModel, *, keep_norms: bool) -> Loaded:
    from torch.export import ExportedProgram

    from archlint.source.export.live import export_module, export_program

    if isinstance(source.module, ExportedProgram):
        proto = export_program(source.module, source.name, keep_norms=keep_norms)
        return Loaded(source.name, proto, is_sized=True)
    proto, remarks = export_module(source.module, source.inputs, source.name, keep_norms=keep_norms)
    locate = _statically(source.roots, {}) if source.roots else None
    return Loaded(source.name, proto, locate, remarks, is_sized=True)


def _statically(folders: Sequence[str], path_map: Mapping[str, str]) -> Locate:
    from archlint.source.static import locate_statically

    roots = [Path(each) for each in folders]
    return lambda model: locate_statically(model, roots, path_map)
