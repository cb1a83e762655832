"""The passes of a runtime that is called operator by operator."""

from __future__ import annotations

from collections.abc import Collection

from archlint.cost.kernels.kind import Kind
from archlint.cost.kernels.ops import ACTIVATIONS, VIEWS
from archlint.cost.lowering.make_kernel import make_kernel
from archlint.cost.lowering.pass_graph import PassGraph, Step
from archlint.cost.lowering.runtime_rules import RuntimeRules

__all__ = ["fold_into_weights", "fuse_epilogues"]

_WEIGHTED = frozenset(
    {Kind.CONV, Kind.GROUP_CONV, Kind.DEPTHWISE, Kind.TRANSPOSED_CONV, Kind.PRODUCT}
)


def fold_into_weights(graph: PassGraph, lowering: RuntimeRules) -> None:
    """What reads one run-time tensor vanishes into the weights of the kernel that makes it."""
    for step in graph:
        if step.name in lowering.fold and len(step.reads) == 1:
            _join(graph, step, _WEIGHTED, constant=True)


def fuse_epilogues(graph: PassGraph, lowering: RuntimeRules) -> None:
    """Activations, any number in a row, become the epilogue of the kernel before them."""
    for step in graph:
        if step.name in lowering.fuse and step.name in ACTIVATIONS:
            host = _join(graph, step, lowering.fuse_into)
            if host is not None:
                host.epilogue.append(step.name)


def _join(
    graph: PassGraph, step: Step, kinds: Collection[Kind], *, constant: bool = False
) -> Step | None:
    """Let the kernel before a step do its work too, across views, if nothing else reads it."""
    before = host = graph.maker(step.reads[0]) if step.reads else None
    while host is not None and sum(map(graph.uses, host.writes)) == 1:
        if host.name not in VIEWS:
            # a step without a name is of an operator that nobody can run
            kernel = make_kernel(host.op, host.name) if host.name else None
            if before is None or kernel is None or kernel.kind not in kinds:
                return None
            if constant and not kernel.constant:
                return None
            graph.absorb(before, step, into=host)
            return host
        host = graph.maker(host.reads[0]) if host.reads else None
    return None
