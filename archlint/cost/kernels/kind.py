"""What sorts of work kernels do."""

from __future__ import annotations

from enum import Enum

__all__ = ["Kind"]


class Kind(Enum):
    """What sort of work a kernel does; fits and tables go by kind."""

    CONV = "conv"
    GROUP_CONV = "group conv"
    DEPTHWISE = "depthwise conv"
    TRANSPOSED_CONV = "transposed conv"
    PRODUCT = "matrix product"
    POOL = "pool"
    ELEMENTWISE = "element-wise"
    EPILOGUE = "fused epilogue"
    NORMALISATION = "normalisation"
    SOFTMAX = "softmax"
    REDUCTION = "reduction"
    MOVEMENT = "data movement"
    VIEW = "view"
    CONTRACTION = "contraction"
    RECURRENCE = "recurrence"
    SAMPLING = "sampling"
    SCAN = "scan"
    ATTENTION = "attention"
    FUNCTION = "function"
    """Of an operator like no other: each has a fit of its own."""


# a kernel's hash holds its kind's, and prices are looked up by kernel: Enum's own hash is that of
# the name, found anew in Python each time
Kind.__hash__ = object.__hash__  # type: ignore[method-assign]
