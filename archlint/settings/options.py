"""What one run is asked to do, from whatever source: flags, configuration file, defaults."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from archlint.results.findings import Severity

__all__ = ["DEFAULT_TARGET", "Ignore", "OptionValue", "Options"]

OptionValue = float | int | bool
"""What an option of a rule can be."""

DEFAULT_TARGET = "gtx1080ti-cudnn7-fp32"


@dataclass(frozen=True, slots=True)
class Ignore:
    """One configured ignore: globs for rule, model path and place (module), and a reason.

    `origin` says where it was written ("pyproject.toml: ignore 2").
    """

    rule: str
    model: str
    place: str
    reason: str
    origin: str


@dataclass(frozen=True, slots=True)
class Options:
    """Everything a run can be told.

    `targets` empty means the default target; `target_paths` are folders with targets of the
    user's, beside their own folder.  `select` and `ignore` hold rule codes or names;
    empty `select` means every rule.  `inputs` maps an input name ("" for the only one) to a
    shape, `dims` a symbolic dim to a size.  `timeout` is the most seconds for one model, None for
    any number.  `fail_on` None means never.  `rule_options` is by rule code.
    `per_model_ignores` maps a glob of model paths to rule codes.
    `source_roots` are folders with the Python source of models that were exported elsewhere,
    `path_map` maps beginnings of the paths that they name to folders here, and `libraries` are
    packages besides torch in whose files no user's line is.  `tables` asks for the measured rows
    behind each finding.
    """

    targets: tuple[str, ...] = ()
    target_paths: tuple[str, ...] = ()
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    batch: int | None = None
    inputs: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    dims: Mapping[str, int] = field(default_factory=dict)
    min_slowdown: float = 1.10
    timeout: float | None = None
    fail_on: Severity | None = Severity.WARNING
    rule_options: Mapping[str, Mapping[str, OptionValue]] = field(default_factory=dict)
    per_model_ignores: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    ignores: tuple[Ignore, ...] = ()
    source_roots: tuple[str, ...] = ()
    path_map: Mapping[str, str] = field(default_factory=dict)
    libraries: tuple[str, ...] = ()
    tables: bool = False
