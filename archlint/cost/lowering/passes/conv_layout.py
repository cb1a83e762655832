"""Which layout PyTorch's compiler gives the convs of a graph: the same one to all."""

from __future__ import annotations

from dataclasses import replace
from math import prod

from archlint.cost.lowering.pass_graph import PassGraph, Step
from archlint.cost.lowering.passes.torch_strides import copy_where_strides_ask
from archlint.cost.lowering.runtime_rules import RuntimeRules

__all__ = ["copy_in_one_layout"]

_GROUPED, _SMALL, _NARROWING, _OTHER = 1.358, 0.783, 0.725, 0.823
"""The time channels last against channels first, of convs with groups of several channels, with
few channels in and out, with half as many out as in, and of all others: as the compiler
(`decide_layout_opt`) has it from benchmarks."""
_FEW = 64


def copy_in_one_layout(graph: PassGraph, lowering: RuntimeRules) -> None:
    """Copy where strides ask for it, convs channels last where the compiler wants them so."""
    last = lowering.channels_last or _gains_by_channels_last(graph)
    copy_where_strides_ask(graph, replace(lowering, channels_last=last))


def _gains_by_channels_last(graph: PassGraph) -> bool:
    """Whether all convs together take less time channels last, by their FLOPs."""
    convs = [step for step in graph if step.name == "Conv" and step.op.weight is not None]
    flops = [step.op.flops or 0 for step in convs]
    return bool(convs) and sum(
        count * (_share(step) - 1) for step, count in zip(convs, flops, strict=True)
    ) <= 0  # fmt: skip


def _share(conv: Step) -> float:
    shape = (conv.op.weight.shape if conv.op.weight is not None else None) or (1, 1)
    c_out, a_group = shape[:2]
    if conv.op.groups > 1 and a_group > 1:
        return _GROUPED
    if max(c_out, a_group) <= _FEW:
        return _SMALL
    return _NARROWING if 2 * c_out <= a_group and prod(shape[2:]) > 1 else _OTHER
