"""A module or program that is there already to an ONNX proto without weights."""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any, TypeGuard

import onnx
import torch
from torch import nn

from archlint.errors import ModelError
from archlint.source.export.build import Built
from archlint.source.export.failure import Failure, one_line
from archlint.source.export.hints import hinted_inputs
from archlint.source.export.libraries import Libraries
from archlint.source.export.to_onnx import program_to_onnx, to_onnx, to_onnx_by_tracing
from archlint.source.export.unexported import reason_not_exported

__all__ = ["export_module", "export_program"]


def export_program(
    program: torch.export.ExportedProgram, name: str, *, keep_norms: bool = False
) -> onnx.ModelProto:
    """Export a program of this process, which knows its inputs; raises ModelError."""
    with _quietly(), torch.no_grad():
        try:
            return program_to_onnx(program, keep_norms=keep_norms)
        except Exception as error:  # the exporter's own faults have no common class
            raise ModelError(name, f"cannot be exported: {one_line(str(error))}") from error


def export_module(
    module: nn.Module, inputs: object, name: str, *, keep_norms: bool = False
) -> tuple[onnx.ModelProto, tuple[str, ...]]:
    """Export a module in this process, as it is in eval mode, and what was done otherwise.

    `inputs` is a tensor, a shape, a tuple of either, or a mapping of either by parameter; None
    asks for what the module itself says; `keep_norms` leaves batch-norms operators of their own.
    The module comes back in the mode that it was in.
    Raises ModelError.
    """
    try:
        args, kwargs, remarks = _called_with(module, inputs)
    except Failure as fault:
        raise ModelError(name, "takes what? give inputs, such as (1, 3, 224, 224)") from fault
    built = Built(module, args, kwargs, None, ())
    with _in_eval_mode(module), _quietly():
        try:
            return to_onnx(built, keep_norms=keep_norms), remarks
        except Exception as error:  # the exporter's own faults have no common class
            reason = reason_not_exported(error, module, Libraries.of(), str(Path.cwd()))
        try:
            proto = to_onnx_by_tracing(built, keep_norms=keep_norms)
        except Exception as error:
            raise ModelError(name, f"cannot be exported: {reason}") from error
    remark = f"exported by torch's older exporter, for the current one says: {reason}"
    return proto, (*remarks, remark)


def _called_with(
    module: nn.Module, inputs: object
) -> tuple[tuple[Any, ...], Mapping[str, Any], tuple[str, ...]]:
    if inputs is None:
        inputs, remark = hinted_inputs(module)
        args, kwargs, _ = _called_with(module, inputs)
        return args, kwargs, (remark,)
    if isinstance(inputs, Mapping):
        return (), {name: _tensor(each) for name, each in inputs.items()}, ()
    if isinstance(inputs, torch.Tensor) or _is_shape(inputs):
        return (_tensor(inputs),), {}, ()
    if isinstance(inputs, (tuple, list)):
        return tuple(_tensor(each) for each in inputs), {}, ()
    return (inputs,), {}, ()


def _tensor(given: object) -> object:
    return torch.zeros(tuple(given)) if _is_shape(given) else given


def _is_shape(given: object) -> TypeGuard[Sequence[int]]:
    if not isinstance(given, (tuple, list)) or not given:
        return False
    return all(type(each) is int and each > 0 for each in given)


@contextmanager
def _quietly() -> Iterator[None]:
    """Keep what the exporters print and warn of from the user's screen."""
    aside = io.StringIO()
    with redirect_stdout(aside), redirect_stderr(aside), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


@contextmanager
def _in_eval_mode(module: nn.Module) -> Iterator[None]:
    before = {each: each.training for each in module.modules()}
    module.eval()
    try:
        yield
    finally:
        for each, training in before.items():
            each.training = training
