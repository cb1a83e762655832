"""Workloads by kind of kernel: which kernels `archlint measure` times."""

from archlint.measure.workloads.by_kind import (
    DENSE_CONVS,
    DEPTHWISE_CONVS,
    ELEMENT_WISE,
    FRAGMENTS,
    GROUP_CONVS,
    MOVEMENT,
    NORMALISATIONS,
    PRODUCTS,
    SHARED,
)

__all__ = [
    "DENSE_CONVS",
    "DEPTHWISE_CONVS",
    "ELEMENT_WISE",
    "FRAGMENTS",
    "GROUP_CONVS",
    "MOVEMENT",
    "NORMALISATIONS",
    "PRODUCTS",
    "SHARED",
]
