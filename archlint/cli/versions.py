"""The two versions of each model that `archlint diff` is asked for."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack

from archlint.cli.paths import find_model
from archlint.config import ConfiguredModel
from archlint.linter import Versions

__all__ = ["against_revision", "two_versions"]


def two_versions(
    words: Sequence[str],
    configured: Sequence[ConfiguredModel],
    inputs: Sequence[str] | None,
    kwargs: str | None,
    stack: ExitStack,
) -> tuple[Versions, ...]:
    before, after = (find_model(word, configured, inputs) for word in words)
    return (Versions(after.path, before.source, after.source),)


def against_revision(
    words: Sequence[str],
    base: str,
    configured: Sequence[ConfiguredModel],
    inputs: Sequence[str] | None,
    kwargs: str | None,
    stack: ExitStack,
) -> tuple[Versions, ...]:
    raise NotImplementedError
