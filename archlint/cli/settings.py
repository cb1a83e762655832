"""From flags and the configuration file to what a run is asked to do."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from math import inf
from pathlib import Path
from typing import TYPE_CHECKING

from archlint.errors import UsageError
from archlint.report.formats import FORMATS
from archlint.results.findings import Severity
from archlint.settings import Config, find_config, parse_shape, read_config
from archlint.settings.options import Options

if TYPE_CHECKING:
    from archlint.cli.paths import FoundModel

__all__ = [
    "above_zero",
    "commas",
    "dims",
    "folders",
    "inputs",
    "options_of",
    "path_map",
    "sized",
    "with_file",
]


def with_file(flags: Config, file: Path | None, *, isolated: bool) -> Config:
    """Flags over the configuration file: the one given, or else the nearest."""
    if isolated:
        if file is not None:
            raise UsageError("--isolated and --config exclude each other")
        return flags
    path = file or find_config(Path.cwd())
    if path is None:
        return flags
    from archlint.linter import known

    return flags.over(read_config(path, known(), FORMATS))


def options_of(config: Config) -> Options:
    """The options of a run, with the defaults where nothing is said."""
    default = Options()
    fail_on = default.fail_on
    if config.fail_on is not None:
        fail_on = None if config.fail_on == "never" else Severity(config.fail_on)
    slowdown = config.min_slowdown
    return Options(
        targets=config.target,
        target_paths=config.target_paths,
        select=config.select,
        ignore=config.ignore,
        batch=config.batch,
        inputs=config.input,
        dims=config.dim,
        min_slowdown=default.min_slowdown if slowdown is None else slowdown,
        timeout=config.timeout,
        fail_on=fail_on,
        rule_options=config.rules,
        per_model_ignores=config.per_model_ignores,
        ignores=config.ignores,
        source_roots=config.source_root,
        path_map=config.path_map,
        libraries=config.library,
    )


def above_zero(seconds: float | None) -> float | None:
    """What --timeout gives."""
    if seconds is not None and not 0 < seconds < inf:
        raise UsageError(f"--timeout: expected a number of seconds above 0, found {seconds}")
    return seconds


def commas(values: Sequence[str] | None) -> tuple[str, ...]:
    """Repeated comma lists as one."""
    parts = (part.strip() for value in values or () for part in value.split(","))
    return tuple(part for part in parts if part)


def sized(config: Config, values: Sequence[str] | None, found: Iterable[FoundModel]) -> Config:
    """The configuration with what --input says of files: models of source have their own."""
    if all(each.made is not None for each in found):
        return config
    return replace(config, input={**config.input, **inputs(values)})


def inputs(values: Sequence[str] | None) -> Mapping[str, tuple[int, ...]]:
    """The shapes that --input gives, by input name; "" is the only input."""
    shapes: dict[str, tuple[int, ...]] = {}
    for value in values or ():
        name, _, text = value.rpartition("=")
        shape = parse_shape(text) or _typed_shape(text)
        if shape is None:
            expected = "expected NAME=1x3x224x224 or 1x3x224x224"
            raise UsageError(f'--input: {expected}, found "{value}"')
        if name in shapes:
            raise UsageError(f'--input: the shape of "{name}" is given twice')
        shapes[name] = shape
    return shapes


def _typed_shape(text: str) -> tuple[int, ...] | None:
    """The sizes in int64[1,128], which a model of Python source takes; a file has its dtype."""
    from archlint.source.export.spec import parse_input

    try:
        return parse_input(text).shape
    except UsageError:
        return None


def path_map(values: Sequence[str] | None) -> Mapping[str, str]:
    """The folders that --path-map gives, by the beginning of the paths that it maps."""
    found = {}
    for value in values or ():
        old, equals, new = value.partition("=")
        if not equals or not old:
            raise UsageError(f'--path-map: expected OLD=NEW, found "{value}"')
        found[old] = new
    return found


def folders(values: Sequence[str] | None) -> tuple[str, ...]:
    """The folders that --source-root gives."""
    for value in values or ():
        if not os.path.isdir(value):
            raise UsageError(f'--source-root: no such folder: "{value}"')
    return tuple(values or ())


def dims(values: Sequence[str] | None) -> Mapping[str, int]:
    """The sizes that --dim gives, by the name of the dimension."""
    sizes: dict[str, int] = {}
    for value in values or ():
        name, _, text = value.rpartition("=")
        size = parse_shape(text)
        if not name or size is None or len(size) != 1:
            raise UsageError(f'--dim: expected NAME=SIZE, found "{value}"')
        if name in sizes:
            raise UsageError(f'--dim: "{name}" is given twice')
        sizes[name] = size[0]
    return sizes
