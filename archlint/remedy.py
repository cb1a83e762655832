"""What a rule's alternative changes, for those who would change it in the source."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = [
    "AlignedWidths", "FoldedBranches", "OtherActivation", "OtherWidths", "Remedy", "SwappedLayers",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class OtherActivation:
    """One activation for another one, as ONNX names them: "Clip", "Relu"."""

    now: str
    instead: str


@dataclass(frozen=True, slots=True)
class OtherWidths:
    """Other widths at equal FLOPs, each now and instead; group convs get `groups_instead`.

    `groups` are those now, 1 where no group conv is meant.
    """

    groups: int
    outer: tuple[int, int]
    inner: tuple[int, int]
    groups_instead: int = 1


@dataclass(frozen=True, slots=True)
class AlignedWidths:
    """Widths that this target runs at full speed, each now and instead; the first decides.

    The others are sums of it, as what a Concat of two tensors of this width makes.
    """

    changes: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class FoldedBranches:
    """Linear branches that are one conv; `depthwise` are those of a Split and a Concat."""

    depthwise: bool


@dataclass(frozen=True, slots=True)
class SwappedLayers:
    """Two layers that run one after the other, in the other order."""


Remedy = OtherActivation | OtherWidths | AlignedWidths | FoldedBranches | SwappedLayers
