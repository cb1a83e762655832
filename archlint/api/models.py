"""What a function of the Python API takes as a model, as the linter takes it."""

from __future__ import annotations

import inspect
import os
import sys
from collections.abc import Iterable, Mapping
from dataclasses import replace
from os import PathLike, fspath
from pathlib import Path
from typing import Protocol, TypeAlias, cast

import onnx

from archlint.errors import UsageError
from archlint.linter.found_models import find_models
from archlint.linter.source import LiveModel, Source, SourceModel
from archlint.source.export.spec import PROGRAM, InputSpec

__all__ = ["Model", "asked_shapes", "is_several", "one_source", "sources"]


class _Module(Protocol):
    """A torch.nn.Module: torch itself may be missing."""

    def named_modules(self) -> object: ...


class _Program(Protocol):
    """A torch.export.ExportedProgram."""

    def module(self) -> object: ...


Model: TypeAlias = "str | PathLike[str] | bytes | onnx.ModelProto | _Module | _Program"
"""One model: a path, `nets.py:Net`, the bytes of an ONNX file, a ModelProto, a torch module or an
exported program."""


def one_source(model: object, inputs: object = None) -> Source:
    """The one model that is given; raises UsageError for what is none, for several and folders."""
    if isinstance(model, (str, PathLike)) and Path(model).is_dir():
        raise UsageError(f'"{fspath(model)}" is a folder: give one of its models, or [the folder]')
    if is_several(model):
        raise UsageError("expected one model, found several")
    (found,) = sources(model, inputs)
    return found


def is_several(models: object) -> bool:
    """Whether this is an iterable of models and not one, of which some are iterable too."""
    if isinstance(models, (str, PathLike, bytes, onnx.ModelProto)) or _is_of_torch(models):
        return False
    return isinstance(models, Iterable) and not isinstance(models, Mapping)


def sources(models: object, inputs: object = None) -> tuple[Source, ...]:
    """Every model that is given: one, the `*.onnx` of a folder, or those of an iterable.

    Raises UsageError for what is no model.
    """
    if isinstance(models, (str, PathLike)):
        return tuple(_named(fspath(models), inputs))
    if isinstance(models, (bytes, onnx.ModelProto)):
        return (models,)
    if _is_of(*_MODULE, models):
        kind = type(models)
        return (LiveModel(models, inputs, kind.__qualname__, _folder_of(kind)),)
    if _is_of(*_PROGRAM, models):
        if inputs is not None:
            raise UsageError("an exported program knows its inputs: give none")
        return (LiveModel(models, None, type(models).__qualname__),)
    if is_several(models):
        return tuple(
            each for model in cast("Iterable[object]", models) for each in sources(model, inputs)
        )
    raise UsageError(
        "expected a path, nets.py:Net, bytes, a ModelProto, a torch module, an exported program or "
        f"an iterable of these, found {_described(models)}"
    )


def asked_shapes(found: Iterable[Source], inputs: object) -> Mapping[str, tuple[int, ...]]:
    """The shapes of inputs of files, where none of these is a module, which may take anything.

    Raises UsageError for what is no shape.
    """
    if inputs is None or any(isinstance(each, LiveModel) for each in found):
        return {}
    given = inputs if isinstance(inputs, Mapping) else {"": inputs}
    return {str(name): _shape(each) for name, each in given.items()}


def _named(word: str, inputs: object) -> Iterable[Source]:
    """What a path or `nets.py:Net` names; a file is called as it is given."""
    if not (os.path.isdir(word) or ":" in word or word.lower().endswith(PROGRAM)):
        yield word
        return
    for found in find_models([word]):
        if found.error is not None and os.path.isdir(word):
            raise UsageError(f"{found.path}: {found.error}")
        yield found.source if found.made is None else _with_inputs(found.made, inputs)


def _with_inputs(made: SourceModel, inputs: object) -> SourceModel:
    if inputs is None:
        return made
    shapes = asked_shapes((), inputs)
    specs = tuple(InputSpec(shape, name=name) for name, shape in shapes.items())
    return replace(made, spec=replace(made.spec, inputs=specs))


def _shape(given: object) -> tuple[int, ...]:
    if isinstance(given, (tuple, list)) and all(type(each) is int for each in given):
        return tuple(given)
    raise UsageError(f"expected a shape, such as (1, 3, 224, 224), found {_described(given)}")


_MODULE, _PROGRAM = ("torch.nn", "Module"), ("torch.export", "ExportedProgram")


def _is_of_torch(model: object) -> bool:
    return _is_of(*_MODULE, model) or _is_of(*_PROGRAM, model)


def _is_of(module: str, name: str, model: object) -> bool:
    # whoever has one has loaded torch
    loaded = sys.modules.get(module)
    kind = getattr(loaded, name, None)
    return isinstance(kind, type) and isinstance(model, kind)


def _described(model: object) -> str:
    return "None" if model is None else f"{type(model).__name__} {str(model)[:40]!r}"


def _folder_of(kind: type) -> tuple[str, ...]:
    """Where the source of a class is, if it is in a file."""
    try:
        file = inspect.getsourcefile(kind)
    except (OSError, TypeError):  # of a notebook or an interactive session
        return ()
    return (str(Path(file).parent),) if file and Path(file).is_file() else ()
