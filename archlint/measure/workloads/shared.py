"""The workloads that no rule asks for; attention's products are among those of products."""

from __future__ import annotations

from archlint.measure.plan.experiment import Workload
from archlint.measure.workloads import (
    attention,
    axes,
    dilated_convs,
    integer_products,
    picking,
    pools,
    rare_functions,
    rare_operators,
    reductions,
    signed,
    small,
    softmaxes,
    transposed_convs,
    views,
    whole_functions,
)

__all__ = ["SHARED_WORKLOADS"]

SHARED_WORKLOADS: tuple[Workload, ...] = (
    pools.sample,
    reductions.sample,
    softmaxes.sample,
    transposed_convs.sample,
    views.sample,
    whole_functions.sample,
    dilated_convs.sample,
    small.sample,
    axes.sample,
    attention.sample,
    integer_products.sample,
    picking.sample,
    rare_operators.sample,
    rare_functions.sample,
    signed.sample,
)
