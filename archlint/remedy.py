"""What a rule's alternative changes, for those who would change it in the source."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["FoldedBranches", "OtherActivation", "OtherWidths", "Remedy", "SwappedLayers"]


@dataclass(frozen=True, slots=True)
class OtherActivation:
    """One activation for another one, as ONNX names them: "Clip", "Relu"."""

    now: str
    instead: str


@dataclass(frozen=True, slots=True)
class OtherWidths:
    """Other widths at equal FLOPs, each now and instead; group convs become dense.

    `groups` are those now, 1 where no group conv is meant.
    """

    groups: int
    outer: tuple[int, int]
    inner: tuple[int, int]


@dataclass(frozen=True, slots=True)
class FoldedBranches:
    """Linear branches that are one conv; `depthwise` are those of a Split and a Concat."""

    depthwise: bool


@dataclass(frozen=True, slots=True)
class SwappedLayers:
    """Two layers that run one after the other, in the other order."""


Remedy = OtherActivation | OtherWidths | FoldedBranches | SwappedLayers
