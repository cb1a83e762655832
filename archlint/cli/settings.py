"""From flags and the configuration file to what a run is asked to do."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from archlint.cli.output import complain
from archlint.errors import UsageError
from archlint.settings.asked import Asked, settings
from archlint.settings.files import find_config, read_config
from archlint.settings.kinds.tables import said_shapes
from archlint.settings.options import Options

if TYPE_CHECKING:
    from archlint.linter.found_models import FoundModel
    from archlint.settings.known import Known
    from archlint.source.export.elsewhere import Elsewhere

__all__ = ["ask", "configured", "files_of", "sized", "what_is_known", "with_inputs"]


def ask(given: Mapping[str, object], elsewhere: Elsewhere | None = None) -> Asked:
    """What flags ask for, by field and None where they are not given, over the configuration.

    The configuration is the file that is given, or else the nearest, for commands that have the
    flag for it; `elsewhere` has the files of the revision that it is to be read from.  Raises
    UsageError for the flags and ConfigError for the file.
    """
    said = {field: _said(field, value) for field, value in given.items() if value is not None}
    origins = {field: f"--{settings()[field].name}" for field in said}
    if "format" in said:
        # the outputs of the configuration go with its own formats
        said.setdefault("output", ())
        origins.setdefault("output", origins["format"])
    file = said.pop("config", None)
    origins.pop("config", None)
    if "isolated" in said and file is not None:
        raise UsageError("--isolated and --config exclude each other")
    if "isolated" in said and elsewhere is not None:
        raise UsageError("--isolated and --config-from exclude each other")
    if "isolated" in said or "config" not in given:
        return Asked().told(said, origins)
    if elsewhere is not None and "targets" in said:
        said["targets"] = _targets_of(elsewhere, said["targets"])
    path = None if file is None else Path(str(file))
    asked = replace(configured(path, elsewhere).told(said, origins), elsewhere=elsewhere)
    _tell_of_memory(asked.options, is_asked="max_memory" in said)
    return asked


def _tell_of_memory(options: Options, *, is_asked: bool) -> None:
    """Say where a limit is asked for that this system does not keep; the default is not asked for.

    A timeout that cannot be kept is refused where a model is linted, for it may hang.
    """
    if sys.platform != "linux" and (is_asked or options.max_memory != Options().max_memory):
        complain("max-memory: only Linux limits memory: nothing is limited here")


@contextmanager
def files_of(revision: object) -> Iterator[Elsewhere | None]:
    """What --config-from reads: the files of a revision, None where none is named.

    They go with the context.
    """
    if revision is None:
        yield None
        return
    from archlint.source.revision import Revision

    with Revision.find(str(revision)).checked_out(models=False) as elsewhere:
        yield elsewhere


def _targets_of(elsewhere: Elsewhere, targets: object) -> tuple[str, ...]:
    from archlint.linter.target_places import is_path

    return tuple(
        str(elsewhere.of(Path(each))) if is_path(each) else each
        for each in targets  # type: ignore[attr-defined]  # a tuple, as their kind says
    )


def _said(field: str, value: object) -> object:
    setting = settings()[field]
    if setting.value.kind.said is None:
        return value
    # what typer has read as the kind's `word` is what its `said` takes
    return setting.value.kind.said(f"--{setting.name}", value)  # type: ignore[arg-type]


def configured(file: Path | None = None, elsewhere: Elsewhere | None = None) -> Asked:
    """What a configuration file asks for: the one given, or else the nearest, if there is one."""
    path = file or find_config(Path.cwd(), elsewhere)
    return Asked() if path is None else read_config(path, what_is_known(), elsewhere)


def what_is_known() -> Known:
    """The names that a configuration may use, those of formats too."""
    from archlint.linter import known
    from archlint.report.formats import FORMATS

    return replace(known(), formats=tuple(FORMATS))


def sized(asked: Asked, found: Iterable[FoundModel]) -> Options:
    """The options with what --input says of files: models of source have their own."""
    return asked.options if all(each.made is not None for each in found) else with_inputs(asked)


def with_inputs(asked: Asked) -> Options:
    """The options with the shapes that --input gives."""
    given = said_shapes("--input", asked.input_words)
    return replace(asked.options, inputs={**asked.options.inputs, **given})
