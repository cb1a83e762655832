"""The pass of a compiler that takes the mean and the variance of groups in a loop of its own."""

from __future__ import annotations

from dataclasses import replace

from archlint.cost.lowering.pass_graph import PassGraph
from archlint.cost.lowering.runtime_rules import RuntimeRules

__all__ = ["split_moments"]


def split_moments(graph: PassGraph, _: RuntimeRules) -> None:
    """A norm over groups of channels is a reduction of maps and an element-wise step."""
    for step in graph:
        if step.name in ("GroupNormalization", "InstanceNormalization") and len(step.shape) > 2:
            batch, channels = step.shape[:2]
            groups = step.op.attributes.get("num_groups", channels)
            shape = (batch, groups if isinstance(groups, int) else channels)
            made = replace(step.reads[0], name=f"{step.output.name}/moments", shape=shape)
            axes = tuple(range(2, len(step.shape)))
            graph.insert("ReduceMean", step, -1, step.reads[0], made, axes=axes)
            graph.also_read(step, made)
