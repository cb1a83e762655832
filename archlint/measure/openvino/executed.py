"""The graph that OpenVINO runs in place of a model."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from archlint.measure.openvino.model import Named

__all__ = ["Executed", "executed_graph", "members_of"]


@dataclass(frozen=True, slots=True)
class Executed:
    """A node that OpenVINO runs.

    `operators` are the names of the model's operators in it, none for a reorder, `sources` the
    nodes that it reads, `layout` the order of the dims of what it writes (abcd: as they come),
    `primitive` the code that runs, which begins with "unknown" where none does.
    """

    name: str
    type: str
    operators: frozenset[str]
    sources: tuple[str, ...]
    layout: str
    primitive: str
    shape: tuple[int, ...]

    @property
    def is_reorder(self) -> bool:
        """Whether it only changes the layout of a tensor."""
        return self.type == "Reorder"


def executed_graph(compiled: Any) -> dict[str, Executed]:
    """The nodes of a compiled model by name, in the order in which they run."""
    found = {}
    for node in compiled.get_runtime_model().get_ordered_ops():
        told = {key: _text(value) for key, value in node.get_rt_info().items()}
        output = node.output(0) if node.get_output_size() else None
        is_open = output is None or output.get_partial_shape().is_dynamic
        found[node.get_friendly_name()] = Executed(
            name=node.get_friendly_name(),
            type=told.get("layerType", ""),
            # a part of an operator has its name before a stroke or a colon
            operators=frozenset(
                each.replace(":", "/").split("/")[0]
                for each in told.get("originalLayersNames", "").split(",")
                if each
            ),
            sources=tuple(
                each.get_source_output().get_node().get_friendly_name() for each in node.inputs()
            ),
            primitive=told.get("primitiveType", ""),
            layout=told.get("outputLayouts", "").split(",")[0],
            shape=() if is_open or output is None else tuple(output.get_shape()),
        )
    return found


def _text(value: Any) -> str:
    return str(getattr(value, "value", value))


def members_of(
    named: Named, known: Collection[str], graph: Mapping[str, Executed], *, reorder: bool
) -> Sequence[str]:
    """The nodes that run a kernel, or the reorder before them.

    What an operator is made of has names of OpenVINO's own: it lies between the operator, or what
    reads it, and what is `known`, the operators of the model.
    """
    own = [each for each in graph.values() if not each.operators.isdisjoint(named.own)]
    if reorder:
        before = (name for each in own for name in each.sources[:1])
        return [name for name in before if graph[name].is_reorder]
    found = dict.fromkeys(each.name for each in own)
    readers = (each for each in graph.values() if not each.operators.isdisjoint(named.readers))
    queue = [*own, *readers]
    for each in queue:
        for name in each.sources:
            source = graph[name]
            if name in found or not source.sources or not source.operators.isdisjoint(known):
                continue
            if source.is_reorder and not _reads_own(source, found, known, graph):
                continue
            found[name] = None
            queue.append(source)
    return list(found)


def _reads_own(
    reorder: Executed, found: Collection[str], known: Collection[str], graph: Mapping[str, Executed]
) -> bool:
    """Whether a reorder is between two nodes of one operator."""
    (name,) = reorder.sources[:1]
    return name not in found and graph[name].operators.isdisjoint(known)
