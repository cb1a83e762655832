"""From the arguments of the Python API to what a run is asked to do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import inf
from os import PathLike, fspath
from typing import TypeAlias

from archlint.settings.options import Options

__all__ = ["Paths", "Words", "asked_options", "words"]

Words: TypeAlias = str | Sequence[str]
"""One, or several."""

Paths: TypeAlias = Sequence[str | PathLike[str]]


def words(given: Words) -> tuple[str, ...]:
    """One word, or several, as several."""
    return (given,) if isinstance(given, str) else tuple(given)


def asked_options(
    targets: Words,
    target_paths: Paths,
    batch: int | None,
    dims: Mapping[str, int] | None,
    shapes: Mapping[str, tuple[int, ...]],
    *,
    select: Words = (),
    allow_unknown: bool = False,
) -> Options:
    """What is asked for; nothing limits time and memory, for the process is the caller's."""
    return Options(
        targets=words(targets),
        select=words(select),
        target_paths=tuple(fspath(each) for each in target_paths),
        batch=batch,
        inputs=shapes,
        dims=dims or {},
        timeout=inf,
        max_memory=None,
        allow_unknown=allow_unknown,
    )
