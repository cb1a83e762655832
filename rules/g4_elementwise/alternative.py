"""What a source of element-wise cost runs now and what could run instead, still unpriced."""

from __future__ import annotations

import re
from dataclasses import dataclass

from archlint.plugin import Decision, Kernel, Nature, Remedy

__all__ = ["Alternative", "and_reorders", "decision_of"]


@dataclass(frozen=True, slots=True)
class Alternative:
    """One place of one source; the words are those of a Place.

    `kernels` are the numbers of the kernels now, `own` those kernels that the source itself
    costs, without the ones around it that it has in common with `instead_kernels`.  Where it
    is fused into them, `own_without` are the same kernels without it.
    """

    source: str
    op: str
    operators: tuple[int, ...]
    decision: Decision
    summary: str
    advice: str
    now: str
    instead: str
    own: tuple[Kernel, ...]
    kernels: tuple[int, ...]
    instead_kernels: tuple[Kernel, ...]
    nature: Nature = Nature.REDESIGN
    own_without: tuple[Kernel, ...] = ()
    remedy: Remedy | None = None


def decision_of(source: str, op: str, module: str) -> Decision:
    """What one line of source decided: modules that differ in numbers alone are alike.

    `denseblock2.denselayer12`, `layer3.0` and `inception4b` are numbered copies as much as
    `blocks.3` is.
    """
    return Decision(f"{source} {op}", _NUMBER.sub("*", module))


def and_reorders(count: int) -> str:
    """What a source brings with it, in words."""
    if count < 1:
        return ""
    return f" and {count} reorder{'s' if count > 1 else ''} around it"


_NUMBER = re.compile(r"\d+[a-z]?(?![a-z])")
