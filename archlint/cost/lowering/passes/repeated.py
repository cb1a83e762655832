"""The pass of a runtime that does once what a graph does several times."""

from __future__ import annotations

from collections.abc import Hashable, Mapping

from archlint.cost.lowering.pass_graph import PassGraph, Step
from archlint.cost.lowering.runtime_rules import RuntimeRules
from archlint.graph.operator import Tensor

__all__ = ["do_once"]

_OWN = frozenset(
    {"Bernoulli", "DequantizeLinear", "Multinomial", "RandomNormal", "RandomNormalLike",
     "RandomUniform", "RandomUniformLike"}
)  # fmt: skip
"""Operators that differ each time, and that of each reader that runs in int8."""


def do_once(graph: PassGraph, _: RuntimeRules) -> None:
    """Of operators of the same type, attributes and inputs the first one does the work of all.

    One that makes an output of the model stays.
    """
    first: dict[Hashable, list[Step]] = {}
    instead: dict[str, Tensor] = {}
    for step in graph:
        if len(step.members) != 1 or step.name in _OWN or not step.name or not step.reads:
            continue
        if None in step.op.attributes.values():
            continue  # a tensor, of which nothing is kept
        alike = first.setdefault(_key(step, instead), [])
        same = next((each for each in alike if each.op.attributes == step.op.attributes), None)
        if same is None:
            alike.append(step)
            continue
        if any(tensor.name in graph.outputs for tensor in step.writes):
            continue
        for old, new in zip(step.writes, same.writes, strict=True):
            instead[old.name] = new
        graph.drop(step)
        same.members.extend(step.members)
    # at the end, for one step may read thousands of them
    graph.all_read_instead(instead)


def _key(step: Step, instead: Mapping[str, Tensor]) -> Hashable:
    reads = iter([instead.get(each.name, each) for each in step.reads])
    inputs = tuple(
        None if each is None else _constant(each) if each.constant else next(reads).name
        for each in step.op.inputs
    )
    return step.name, inputs, len(step.writes)


def _constant(tensor: Tensor) -> Hashable:
    return tensor.name if tensor.values is None else (tensor.shape, tensor.dtype, tensor.values)
