"""Whether it is an error that no target prices anything of a model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from archlint.results.findings import ModelReport

__all__ = ["settled"]


def settled(models: Sequence[ModelReport], *, fail: bool | None) -> tuple[ModelReport, ...]:
    """The reports of a run; where skipping fails, those of skipped models say so as an error.

    With `fail` None it fails where no model at all could be linted: that is no pass.
    """
    if fail is None:
        fail = not any(each.targets for each in models)
    return tuple(
        replace(each, error=each.skipped, skipped=None) if fail and each.skipped else each
        for each in models
    )
