"""A whole model against the same model rewritten: outputs and times."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray

from archlint.commands.verify.whole_model import runnable
from archlint.errors import ArchlintError
from archlint.graph.model import Model
from archlint.graph.rewrite import Rewrite
from archlint.graph.rewritten_file import rewritten_file
from archlint.measure.backend import Backend
from archlint.results.findings import ModelReport
from archlint.results.verification import Rewritten

__all__ = ["run_rewritten"]


def run_rewritten(
    report: ModelReport, model: Model, rewrite: Rewrite, backend: Backend, sessions: int
) -> Rewritten:
    """Run both with the same random weights and inputs; they are timed in so many sessions each.

    The sessions come in pairs: now, instead, instead, now, ...
    """
    if report.targets[0].stored:
        reason = f"the file is {report.targets[0].stored}: it cannot be run as it is priced"
        return Rewritten(reason=reason)
    dtype = backend.provenance().dtype
    if dtype != "float":
        return Rewritten(reason=f"in {dtype} they differ by rounding")
    try:
        now = runnable(report)
        instead = rewritten_file(model, now, rewrite)
        found = Rewritten(_difference(backend.outputs(now), backend.outputs(instead)))
        return _timed(found, now, instead, backend, sessions)
    except ArchlintError as fault:
        return Rewritten(reason=str(fault))


def _timed(
    found: Rewritten,
    now: onnx.ModelProto,
    instead: onnx.ModelProto,
    backend: Backend,
    sessions: int,
) -> Rewritten:
    seconds: tuple[list[float], list[float]] = ([], [])
    for session in range(sessions):
        sides = [(now, seconds[0]), (instead, seconds[1])]
        for model, times in reversed(sides) if session % 2 else sides:
            times.extend(backend.time_model(model, 1))
    return replace(found, now_seconds=tuple(seconds[0]), instead_seconds=tuple(seconds[1]))


def _difference(now: Sequence[NDArray[Any]], instead: Sequence[NDArray[Any]]) -> float:
    """The greatest difference of two elements, over the greatest element of their output.

    Infinite where the outputs differ in shape, or where one is no number and the other is.
    """
    return max((_apart(*pair) for pair in zip(now, instead, strict=True)), default=0.0)


def _apart(now: NDArray[Any], instead: NDArray[Any]) -> float:
    if now.shape != instead.shape:
        return float("inf")
    one, two = now.astype(np.float64), instead.astype(np.float64)
    finite = np.isfinite(one)
    same = np.array_equal(one[~finite], two[~finite], equal_nan=True)
    if not same or not np.isfinite(two[finite]).all():
        return float("inf")
    apart = np.abs(one[finite] - two[finite]).max(initial=0.0)
    return float(apart / max(np.abs(one[finite]).max(initial=0.0), np.finfo(np.float64).tiny))
