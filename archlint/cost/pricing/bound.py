"""What a kernel's time is bound by, as far as its fit tells."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from enum import Enum
from types import MappingProxyType

__all__ = ["OF_TERM", "Bound", "bound_by"]


class Bound(Enum):
    """What most of a kernel's price pays for; `MIXED` where no one thing is half of it."""

    COMPUTE = "compute"
    MEMORY = "memory"
    LAUNCH = "launch"
    MIXED = "mixed"


OF_TERM: Mapping[str, Bound] = MappingProxyType(
    {
        **dict.fromkeys(("launch", "launch outside", "launch cold", "steps"), Bound.LAUNCH),
        **dict.fromkeys(
            ("flops", "lines", "fused Relu", "fused comparisons", "fused functions", "functions",
             "flops a result", "flops a channel", "flops off step", "flops off sixteens",
             "flops in tiles"), Bound.COMPUTE,
        ),
        **dict.fromkeys(
            ("bytes", "pieces", "general pieces", "unfolded", "results", "weights",
             "weights from core", "weights from cache", "weights from memory",
             "activations near", "activations far", "tiles read", "tiles written"), Bound.MEMORY,
        ),
    }
)  # fmt: skip
"""What each term pays for: a start, arithmetic with its loops, or bytes that move.

An operator's own work has no line: FLOPs and bytes of what is element-wise grow as one.
"""


def bound_by(seconds: Iterable[tuple[str, float]]) -> Bound | None:
    """What binds a price made of these terms; None where the terms do not tell."""
    paid: dict[Bound | None, float] = defaultdict(float)
    for term, each in seconds:
        paid[OF_TERM.get(term)] += each
    whole = sum(paid.values())
    if not whole:
        return None
    most = max(paid, key=lambda each: paid[each])
    return most if paid[most] >= whole / 2 else Bound.MIXED
