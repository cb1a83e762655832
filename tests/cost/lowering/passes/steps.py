"""The graph under passes of a net, and how it reads after one of them."""

from __future__ import annotations

import tomli

from archlint.cost.lowering.pass_graph import PassGraph, Step
from archlint.cost.lowering.pass_graph_of_model import pass_graph_of_model
from archlint.cost.lowering.pass_list import Pass
from archlint.cost.lowering.runtime_rules import RuntimeRules
from archlint.measure.onnxruntime.lowering import lowering
from archlint.testing import Net

__all__ = ["ORT", "ORT_INT8", "after", "faults"]

ORT = RuntimeRules.parse(tomli.loads(lowering("float"))["lowering"])
ORT_INT8 = RuntimeRules.parse(tomli.loads(lowering("int8"))["lowering"])


def after(
    change: Pass, net: Net, *outputs: str, rules: RuntimeRules = ORT, before: tuple[Pass, ...] = ()
) -> list[str]:
    """The steps that run after one pass, each with its epilogue and, in brackets, its path."""
    graph = pass_graph_of_model(net.model(*outputs), rules)
    for each in (*before, change):
        each(graph, rules)
    assert faults(graph) == []
    return [_text(step) for step in graph if step.launched]


def faults(graph: PassGraph) -> list[str]:
    """Steps that read what none makes any more, or that a tensor knows not of."""
    found = []
    for step in graph:
        for tensor in step.reads:
            maker = graph.maker(tensor)
            if maker is not None and not maker.alive:
                found.append(f"{step.name} reads {tensor.name} of {maker.name}")
            if step not in graph.readers(tensor):
                found.append(f"{step.name} is no reader of {tensor.name}")
        found += [
            f"{step.name} is not the maker of {tensor.name}"
            for tensor in step.writes
            if graph.maker(tensor) is not step
        ]
    return found


def _text(step: Step) -> str:
    path = f" ({step.path})" if step.path else ""
    return " +".join((step.name, *step.epilogue)) + path
