"""What a source of element-wise cost takes, and the words that its places share."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from archlint.plugin import Decision, Kernel, View, unnumbered

__all__ = ["Evidence", "and_reorders", "decision_of", "evidence_of"]


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the source itself costs: bytes read and written, and its share of the model's time."""

    source: str
    op: str
    bytes_moved: int
    share: float


def evidence_of(
    view: View, source: str, op: str, own: Sequence[Kernel], without: Sequence[Kernel] = ()
) -> Evidence:
    """From the kernels that the source itself costs.

    Those around it, which stay, are not among them; where it is fused into some, `without` are
    the same kernels without it.
    """
    moved = sum(k.activation_bytes for k in own) - sum(k.activation_bytes for k in without)
    seconds = _seconds(view, own) - _seconds(view, without)
    return Evidence(source, op, max(moved, 0), max(seconds, 0.0) / view.total)


def _seconds(view: View, kernels: Iterable[Kernel]) -> float:
    """The time of those of the kernels that have a price."""
    return sum(view.pricer.seconds([kernel]) or 0.0 for kernel in kernels)


def decision_of(source: str, op: str, module: str) -> Decision:
    """What one line of source decided: modules that differ in numbers alone are alike.

    `denseblock2.denselayer12`, `layer3.0` and `inception4b` are numbered copies as much as
    `blocks.3` is.
    """
    return Decision(f"{source} {op}", unnumbered(module))


def and_reorders(count: int) -> str:
    """What a source brings with it, in words."""
    if count < 1:
        return ""
    return f" and {count} reorder{'s' if count > 1 else ''} around it"
