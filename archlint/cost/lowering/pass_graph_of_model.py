"""From a model to the graph that the passes of a runtime change."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from archlint.cost.lowering.lowered import NO_CHANGE, Change
from archlint.cost.lowering.no_effect import has_no_effect
from archlint.cost.lowering.open_maps import open_maps
from archlint.cost.lowering.pass_graph import PassGraph, Step
from archlint.cost.lowering.runtime_rules import RuntimeRules
from archlint.cost.lowering.written_form import written_form
from archlint.graph.composites import Composite, find_composites
from archlint.graph.model import Model
from archlint.graph.operator import Operator, Tensor

__all__ = ["pass_graph_of_model"]


def pass_graph_of_model(
    model: Model, lowering: RuntimeRules, change: Change = NO_CHANGE
) -> PassGraph:
    """The graph of a model before the first pass.

    The functions of several operators that the runtime knows are one step; operators that it
    removes or that `change` passes by are gone.
    """
    builder = _Builder(model, lowering, change)
    sizes_known = not any(each.open for each in model.inputs)
    return PassGraph(
        builder.steps(), builder.outputs(), open_maps(model), model.opset, sizes_known=sizes_known
    )


class _Builder:
    def __init__(self, model: Model, lowering: RuntimeRules, change: Change) -> None:
        self._model, self._change = model, change
        self._forms = None if lowering.fusions is None else lowering.fusions.forms
        self._removed = frozenset() if lowering.fusions is None else lowering.fusions.removed
        self._inside = frozenset() if lowering.fusions is None else lowering.fusions.inside
        self._instead: dict[str, str] = {}
        self._names: dict[int, tuple[str, Composite]] = {}
        for composite in find_composites(model):
            name = self._name_of(composite)
            if name:
                self._names.update(dict.fromkeys(composite.operators, (name, composite)))

    def _name_of(self, composite: Composite) -> str:
        """The operator that runs a function of several operators, "" if none does."""
        asked = self._change.activations.get(composite.operators[-1], "")
        if asked or self._forms is None:
            return asked or composite.kind
        name, needed = self._forms.get(written_form(self._model, composite), ("", ""))
        last = self._model.operators[composite.operators[-1]]
        if name in self._inside and last.output.name in self._model.outputs:
            return ""
        types = {self._model.operators[index].op_type for index in composite.operators}
        if needed and (needed not in types or self._scales_gate(composite)):
            return ""
        return name

    def _scales_gate(self, composite: Composite) -> bool:
        """Whether x is multiplied last, with what was scaled before: x * (0.5 * gate)."""
        last, makers = self._model.operators[composite.operators[-1]], set(composite.operators)
        source = self._source(composite)
        if source is None or all(each.name != source.name for each in last.activations):
            return False
        scaled = {
            tensor.name
            for index in makers - {last.index}
            for tensor in self._model.operators[index].outputs
            if self._model.operators[index].op_type == "Mul"
        }
        return any(tensor.name in scaled for tensor in last.activations)

    def outputs(self) -> Iterator[str]:
        return (self._instead.get(name, name) for name in self._model.outputs)

    def steps(self) -> list[Step]:
        return [step for op in self._model.operators if (step := self._step(op)) is not None]

    def _step(self, op: Operator) -> Step | None:
        if op.index in self._model.passed_by:
            return None
        name, composite = self._names.get(op.index, ("", None))
        if composite is not None and not self._change.bypass.issuperset(composite.operators):
            if op.index != composite.operators[-1]:
                return None
            first = self._source(composite)
            members = [op.index, *composite.operators[:-1]]
            return self._make(op, name, members, [first] if first is not None else [])
        if op.malformed or op.output.shape is None:
            return self._make(op, "", [op.index], op.activations)
        gone = op.op_type in self._removed or (bool(self._removed) and has_no_effect(op))
        gone = gone or op.index in self._change.bypass
        if gone and op.activations:
            source = self._change.through.get(op.index, op.activations[0].name)
            for tensor in op.outputs:
                self._instead[tensor.name] = self._instead.get(source, source)
            return None
        asked = self._change.activations.get(op.index, op.op_type)
        step = self._make(op, asked, [op.index], op.activations)
        step.bias = len(op.inputs) > 2 and op.inputs[2] is not None
        return step

    def _make(self, op: Operator, name: str, members: list[int], reads: Sequence[Tensor]) -> Step:
        instead = self._instead
        renamed = [
            replace(tensor, name=instead[tensor.name]) if tensor.name in instead else tensor
            for tensor in reads
        ]
        return Step(op, name, (op.index, 0), members, renamed, list(op.outputs))

    def _source(self, composite: Composite) -> Tensor | None:
        """The run-time tensor that the operators of a function read from outside."""
        operators = [self._model.operators[index] for index in composite.operators]
        made = {tensor.name for op in operators for tensor in op.outputs}
        for op in operators:
            for tensor in op.activations:
                if tensor.name not in made:
                    return tensor
        return None
