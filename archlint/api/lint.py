"""`archlint.lint`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from math import isfinite
from os import PathLike
from pathlib import Path

from archlint.api.document import as_document
from archlint.api.models import asked_shapes, sources
from archlint.api.options import Paths, Words, asked_options, words
from archlint.api.report import Report
from archlint.baseline import read_baseline
from archlint.errors import UsageError
from archlint.linter import lint as _lint
from archlint.results.severity import Severity
from archlint.settings.options import Options, OptionValue

__all__ = ["lint"]

_DEFAULT = Options()


def lint(
    models: object,
    inputs: object = None,
    *,
    targets: Words = (),
    target_paths: Paths = (),
    select: Words = (),
    ignore: Words = (),
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
    """Lint one model or several: paths, folders, `nets.py:Net`, bytes, ModelProtos, torch modules.

    Exported programs and what `torch.export.save` wrote (`.pt2`) too, and iterables of all these.
    `inputs` is what a module takes: a tensor or its shape, a tuple of these, or a mapping of these
    by parameter; of files it is a mapping of shapes by input, and a lone shape is for the only
    input.  `targets` empty means the default target, and `target_paths` are folders with targets of
    your own; `select` and `ignore` take rule codes or names.  `as_stored` refuses files of another
    dtype than the target's.  `upper_bounds` is what an upper bound is, "note" or, by its saving,
    "warning".  `baseline` is a file of known places, which are no findings.  `allow_unknown` prices
    what is left of a model where operators that compute have no shapes.  A model of which nothing
    has a price is `skipped`; that is an error with `fail_on_skipped`, and without a word where
    nothing could be linted. A model that cannot be linted has its reason in `ModelReport.error`;
    what is no model, unknown rules and targets, and a baseline that cannot be read, raise
    UsageError.  No configuration file is read, and a module is exported in this process; Python
    source and `.pt2` files are run in one of their own.  Time and memory are not limited, for the
    process is the caller's: strangers' files are for the command line.
    """
    _refuse_no_numbers(min_slowdown, rule_options or {})
    found = sources(models, inputs)
    options = replace(
        asked_options(
            targets, target_paths, batch, dims, asked_shapes(found, inputs), select=select
        ),
        ignore=words(ignore),
        as_stored=as_stored,
        min_slowdown=min_slowdown,
        upper_bounds=_gravest(upper_bounds),
        rule_options=rule_options or {},
        allow_unknown=allow_unknown,
        fail_on_skipped=fail_on_skipped,
    )
    known = None if baseline is None else read_baseline(Path(baseline)).of_model
    return as_document(Report, _lint(found, options, known=known))


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
