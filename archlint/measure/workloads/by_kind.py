"""The workloads that come with archlint, by kind of kernel."""

from __future__ import annotations

from archlint.measure.plan.experiment import Workload

__all__ = [
    "DENSE_CONVS",
    "DEPTHWISE_CONVS",
    "ELEMENT_WISE",
    "FRAGMENTS",
    "GROUP_CONVS",
    "MOVEMENT",
    "NORMALISATIONS",
    "POOLS",
    "PRODUCTS",
    "REDUCTIONS",
    "SHARED",
    "SOFTMAXES",
    "TRANSPOSED_CONVS",
    "VIEWS",
]

_HERE = __name__.rpartition(".")[0]

DENSE_CONVS = Workload(f"{_HERE}.dense_convs")
PRODUCTS = Workload(f"{_HERE}.products")
GROUP_CONVS = Workload(f"{_HERE}.group_convs")
FRAGMENTS = Workload(f"{_HERE}.fragments")
DEPTHWISE_CONVS = Workload(f"{_HERE}.depthwise_convs")
ELEMENT_WISE = Workload(f"{_HERE}.element_wise")
NORMALISATIONS = Workload(f"{_HERE}.normalisations")
MOVEMENT = Workload(f"{_HERE}.movement")
POOLS = Workload(f"{_HERE}.pools")
REDUCTIONS = Workload(f"{_HERE}.reductions")
SOFTMAXES = Workload(f"{_HERE}.softmaxes")
TRANSPOSED_CONVS = Workload(f"{_HERE}.transposed_convs")
VIEWS = Workload(f"{_HERE}.views")

SHARED = (POOLS, REDUCTIONS, SOFTMAXES, TRANSPOSED_CONVS, VIEWS)
"""Those that no rule asks for.  Attention's products are among PRODUCTS."""
