"""The graph under passes of a net, and how it reads after one of them."""

from __future__ import annotations

import tomli

from archlint.cost.lowering.pass_graph import PassGraph, Step
from archlint.cost.lowering.pass_graph_of_model import pass_graph_of_model
from archlint.cost.lowering.pass_lists import Pass
from archlint.cost.lowering.runtime_rules import RuntimeRules
from archlint.measure.onnxruntime.lowering import lowering
from tests.cost.net import Net

__all__ = ["ORT", "ORT_INT8", "after"]

ORT = RuntimeRules.parse(tomli.loads(lowering("float"))["lowering"])
ORT_INT8 = RuntimeRules.parse(tomli.loads(lowering("int8"))["lowering"])


def after(
    change: Pass, net: Net, *outputs: str, rules: RuntimeRules = ORT, before: tuple[Pass, ...] = ()
) -> list[str]:
    """The steps after one pass, each with its epilogue and, in brackets, its path."""
    graph: PassGraph = pass_graph_of_model(net.model(*outputs), rules)
    for each in (*before, change):
        each(graph, rules)
    return [_text(step) for step in graph]


def _text(step: Step) -> str:
    path = f" ({step.path})" if step.path else ""
    return " +".join((step.name, *step.epilogue)) + path
