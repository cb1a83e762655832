"""The Python API: `archlint.lint`."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Mapping, Sequence
from dataclasses import fields
from math import inf, isfinite
from os import PathLike, fspath
from pathlib import Path

import onnx

from archlint.baseline import read_baseline
from archlint.errors import UsageError
from archlint.linter import lint as _lint
from archlint.linter.source import LiveModel, Source
from archlint.results.findings import Report as LintReport
from archlint.results.findings import Severity
from archlint.settings.options import Options, OptionValue

__all__ = ["FindingsError", "Report", "lint"]

_DEFAULT = Options()


class FindingsError(AssertionError):
    """A report has findings that it must not have, or a model that could not be linted."""


class Report(LintReport):
    """A report that a notebook can show and a test can hold on to."""

    __slots__ = ()

    def raise_for_findings(self, severity: Severity | str = Severity.WARNING) -> None:
        """Raise FindingsError, an AssertionError, for findings from this severity on.

        Its text is one line for each, and for each model that could not be linted.
        """
        least = (severity if isinstance(severity, Severity) else Severity(severity)).rank
        lines = [
            f"{model.path}: {finding.severity.value} {finding.code} {finding.message}"
            f" ({finding.module or '?'})"
            for model in self.models
            for finding in model.findings
            if finding.severity.rank >= least
        ]
        if lines or self.errors:
            raise FindingsError("\n".join((*self.errors, *lines)))

    def _repr_html_(self) -> str:
        from archlint.report.notebook import render

        return render(self)


def lint(
    models: object,
    inputs: object = None,
    *,
    targets: Sequence[str] = (),
    target_paths: Sequence[str | PathLike[str]] = (),
    select: Sequence[str] = (),
    ignore: Sequence[str] = (),
    batch: int | None = None,
    dims: Mapping[str, int] | None = None,
    as_stored: bool = False,
    min_slowdown: float = _DEFAULT.min_slowdown,
    upper_bounds: Severity | str = _DEFAULT.upper_bounds,
    rule_options: Mapping[str, Mapping[str, OptionValue]] | None = None,
    allow_unknown: bool = False,
    fail_on_skipped: bool | None = None,
    baseline: str | PathLike[str] | None = None,
) -> Report:
    """Lint one model or several: paths, ModelProtos or torch modules.

    `inputs` is what a module takes: a tensor or its shape, a tuple of these, or a mapping of
    these by parameter; of files it is a mapping of shapes by input, and a lone shape is for the
    only input.  `targets` empty means the default target, and `target_paths` are folders with
    targets of your own; `select` and `ignore` take rule codes or names.  `as_stored` refuses files
    of another dtype than the target's.  `upper_bounds` is what an upper bound is, "note" or, by
    its saving, "warning".  `baseline` is a file of known places, which are no
    findings.  `allow_unknown` prices what is left of a model where operators that compute have no
    shapes.  A model of which nothing has a price is `skipped`; that is an error with
    `fail_on_skipped`, and without a word where nothing could be linted.
    A model that cannot be linted has its reason in `ModelReport.error`; unknown rules and
    targets, and a baseline that cannot be read, raise UsageError.  No configuration file is read,
    and a module is exported in this process.  Time and memory are not limited, for the process is
    the caller's: strangers' files are for the command line.
    """
    _refuse_no_numbers(min_slowdown, rule_options or {})
    several = isinstance(models, Sequence) and not isinstance(models, str)
    every = list(models) if several else [models]  # type: ignore[call-overload]
    modules = any(_is_module(each) for each in every)
    options = Options(
        targets=tuple(targets),
        target_paths=tuple(fspath(each) for each in target_paths),
        select=tuple(select),
        ignore=tuple(ignore),
        batch=batch,
        inputs={} if modules else _shapes(inputs),
        dims=dims or {},
        as_stored=as_stored,
        timeout=inf,
        max_memory=None,
        min_slowdown=min_slowdown,
        upper_bounds=_gravest(upper_bounds),
        rule_options=rule_options or {},
        allow_unknown=allow_unknown,
        fail_on_skipped=fail_on_skipped,
    )
    known = None if baseline is None else read_baseline(Path(baseline)).of_model
    report = _lint([_source(each, inputs) for each in every], options, known=known)
    return Report(*(getattr(report, each.name) for each in fields(report)))


def _gravest(upper_bounds: Severity | str) -> Severity:
    """The severity that is meant; raises UsageError for what an upper bound cannot be."""
    for each in (Severity.NOTE, Severity.WARNING):
        if upper_bounds in (each, each.value):
            return each
    raise UsageError(f"upper_bounds: expected note or warning, found {upper_bounds!r}")


def _refuse_no_numbers(
    min_slowdown: float, rule_options: Mapping[str, Mapping[str, OptionValue]]
) -> None:
    """Raise UsageError for what everything is compared with, and that nothing is above."""
    options = (value for each in rule_options.values() for value in each.values())
    for value in (min_slowdown, *options):
        if not isfinite(value):
            raise UsageError(f"expected a finite number, found {value}")


def _is_module(model: object) -> bool:
    # whoever has a module has loaded torch
    torch = sys.modules.get("torch")
    return torch is not None and isinstance(model, torch.nn.Module)


def _source(model: object, inputs: object) -> Source:
    if _is_module(model):
        kind = type(model)
        return LiveModel(model, inputs, kind.__qualname__, _folder_of(kind))
    return model if isinstance(model, onnx.ModelProto) else fspath(model)  # type: ignore[call-overload]


def _folder_of(kind: type) -> tuple[str, ...]:
    """Where the source of a class is, if it is in a file."""
    try:
        file = inspect.getsourcefile(kind)
    except (OSError, TypeError):  # of a notebook or an interactive session
        return ()
    return (str(Path(file).parent),) if file and Path(file).is_file() else ()


def _shapes(inputs: object) -> Mapping[str, tuple[int, ...]]:
    if inputs is None:
        return {}
    if isinstance(inputs, Mapping):
        return {name: tuple(shape) for name, shape in inputs.items()}
    return {"": tuple(inputs)}  # type: ignore[arg-type]
