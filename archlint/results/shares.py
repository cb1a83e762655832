"""Which part of a model costs what: its share of the time, the FLOPs and the memory access."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

__all__ = ["BlockShare", "KindShare", "Sort"]


class Sort(Enum):
    """What the dearest have most of."""

    TIME = "time"
    FLOPS = "flops"
    MAC = "mac"

    def of(self, part: KindShare | BlockShare) -> float:
        """How much of it a part has, 0 to 1."""
        shares = {Sort.TIME: part.share, Sort.FLOPS: part.flops_share, Sort.MAC: part.mac_share}
        return shares[self]


@dataclass(frozen=True, slots=True)
class KindShare:
    """What the kernels of one kind cost: time in seconds, memory access (`mac`) in bytes.

    Shares are of all priced kernels, 0 to 1; `share` is that of the time.  FLOPs and memory
    access are those of the kernels: what is fused into one moves nothing by itself.
    """

    kind: str
    time: float
    share: float
    count: int
    flops: int = 0
    flops_share: float = 0.0
    mac: int = 0
    mac_share: float = 0.0


@dataclass(frozen=True, slots=True)
class BlockShare:
    """What the kernels of a block cost, and of those like it, as `KindShare` has it.

    `modules` are the paths of the blocks: where there are several, each has the same kernels.
    """

    modules: tuple[str, ...]
    time: float
    share: float
    count: int
    flops: int
    flops_share: float
    mac: int
    mac_share: float
