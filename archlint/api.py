"""The Python API: `archlint.lint`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from os import PathLike, fspath

import onnx

from archlint.findings import Report
from archlint.linter import lint as _lint
from archlint.options import Options, OptionValue

__all__ = ["lint"]

Source = str | PathLike[str] | onnx.ModelProto


def lint(
    models: Source | Sequence[Source],
    *,
    targets: Sequence[str] = (),
    target_paths: Sequence[str | PathLike[str]] = (),
    select: Sequence[str] = (),
    ignore: Sequence[str] = (),
    batch: int | None = None,
    inputs: Mapping[str, tuple[int, ...]] | None = None,
    dims: Mapping[str, int] | None = None,
    min_slowdown: float = 1.10,
    rule_options: Mapping[str, Mapping[str, OptionValue]] | None = None,
) -> Report:
    """Lint one model or several, given as paths or as ModelProtos.

    `targets` empty means the default target, and `target_paths` are folders with targets of your
    own; `select` and `ignore` take rule codes or names.
    A model that cannot be linted has its reason in `ModelReport.error`; unknown rules and
    targets raise UsageError.  No configuration file is read.
    """
    several = isinstance(models, Sequence) and not isinstance(models, str)
    sources = list(models) if several else [models]  # type: ignore[arg-type]
    options = Options(
        targets=tuple(targets),
        target_paths=tuple(fspath(each) for each in target_paths),
        select=tuple(select),
        ignore=tuple(ignore),
        batch=batch,
        inputs=inputs or {},
        dims=dims or {},
        min_slowdown=min_slowdown,
        rule_options=rule_options or {},
    )
    return _lint(
        [each if isinstance(each, onnx.ModelProto) else fspath(each) for each in sources],  # type: ignore[arg-type]
        options,
    )
