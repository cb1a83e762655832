"""Stack traces in which the lines of hooks are told."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from traceback import StackSummary
from typing import Any

from torch.fx.proxy import TracerBase

from archlint.graph.origin import Frame, hooks_in

__all__ = ["hooks_told"]

_FILTER = "_filter_traceback_frames"


@contextmanager
def hooks_told() -> Iterator[None]:
    """Have torch, which tells the lines of forwards alone, tell those of hooks as well.

    With each goes the frame that called it, which tells that it is one.  Older versions of torch
    leave no frames out.
    """
    original: Any = getattr(TracerBase, _FILTER, None)
    if original is None:
        yield
        return

    def keeping_hooks(tracer: TracerBase, stack: StackSummary) -> StackSummary:
        told = {id(each) for each in original(tracer, stack)}
        frames = [Frame(each.filename, each.lineno or 0, each.name) for each in stack]
        wanted = {place for call_and_hook in hooks_in(frames) for place in call_and_hook}
        return StackSummary.from_list(
            each for place, each in enumerate(stack) if place in wanted or id(each) in told
        )

    setattr(TracerBase, _FILTER, keeping_hooks)
    try:
        yield
    finally:
        setattr(TracerBase, _FILTER, original)
