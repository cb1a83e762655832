"""What decides the outcome of a file: all of it, as 64 hex digits."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import numpy as np
import onnx

from archlint.baseline import Entry
from archlint.graph.read import STDIN
from archlint.graph.wire import read_weightless
from archlint.limits.files import read_bounded
from archlint.linter.registry import find_places
from archlint.linter.target_places import find_target_files
from archlint.rule import Rule
from archlint.settings.options import Options
from archlint.version import __version__

__all__ = ["Decides"]

_FORM = 1
"""Counts what an outcome is: one more, and all is linted anew."""

_SMALL = 4 << 20  # bytes; to hash fewer, weights too, takes less time than to leave those out


class Decides:
    """What decides the outcomes of a run; `known` are the known places of a model."""

    def __init__(
        self,
        options: Options,
        rules: Sequence[type[Rule]],
        known: Callable[[str], Sequence[Entry]] | None,
    ) -> None:
        self._known = known
        # limits, and what a finding means for the exit code, decide nothing of an outcome
        plain = replace(options, timeout=None, max_memory=None, fail_on=None, fail_on_skipped=None)
        packages = {"archlint"}
        for each in rules:  # a link on the way to a rule's own package is not followed
            top, package = each.__module__.partition(".")[0], each.__module__.rpartition(".")[0]
            packages |= {top, package or top}
        self._run = _hash(
            repr((_FORM, __version__, sys.version, onnx.__version__, np.__version__)).encode(),
            repr(plain).encode(),
            *(f"{each.code} {each.__module__}:{each.__qualname__}".encode() for each in rules),
            *_targets(options),
            *(part for each in sorted(packages) for part in _code(each)),
        )

    def key(self, path: str) -> str | None:
        """The digits of a file, of a large one without its weights; None: unreadable."""
        if path == STDIN:
            return None
        try:
            with open(path, "rb", buffering=0) as file:
                data = file.read(_SMALL)
                if len(data) == _SMALL:
                    file.seek(0)
                    data = read_weightless(file)
        except (OSError, ValueError):
            return None
        known = () if self._known is None else self._known(path)
        said = [each.encode(errors="surrogateescape") for each in (path, *map(repr, known))]
        return _hash(self._run.encode(), *said, data)


def _targets(options: Options) -> Iterator[bytes]:
    """The files of the targets that are priced for, and which others there are."""
    for each in find_places(options):
        yield repr((each.name, each.former_name, each.is_shipped)).encode()
        tables = (*each.files.tables, *each.added)
        for path in (each.file, *(table.path for table in tables)):
            yield read_bounded(path)
    # a remark may name another one
    for name, each in find_target_files(options.target_paths).items():
        yield repr((name, str(each.file))).encode() + read_bounded(each.file)


def _code(package: str) -> Iterator[bytes]:
    """The source of a package: of one that is worked on the version tells nothing."""
    module = sys.modules[package]
    for folder in getattr(module, "__path__", ()):
        for file in sorted(Path(folder).rglob("*.py")):
            yield str(file.relative_to(folder)).encode(errors="surrogateescape")
            yield file.read_bytes()
    if module.__file__ is not None:
        yield Path(module.__file__).read_bytes()


def _hash(*parts: bytes) -> str:
    """A hash of parts, in which none runs into the next."""
    found = sha256()
    for each in parts:
        found.update(len(each).to_bytes(8, "big"))
        found.update(each)
    return found.hexdigest()
