"""Whether there is memory for a model's weights."""

from __future__ import annotations

import os

from torch import nn

from archlint.source.export.failure import Failure

__all__ = ["check_room"]

_SHARE = 0.5  # of the memory that is free; a tracer needs some besides


def check_room(module: nn.Module) -> None:
    """Raise Failure where the weights would fill the memory; systems that don't say have room."""
    size = sum(each.numel() * each.element_size() for each in module.parameters())
    try:
        free = os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, OSError, ValueError):
        return
    if size > _SHARE * free:
        raise Failure(f"its weights need {size / 1e9:.1f} GB, {free / 1e9:.1f} GB are free")
