"""From a model to the draft that a runtime's passes rewrite."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from archlint.cost.lowering.lowered import Change
from archlint.cost.lowering.pass_graph import PassGraph, Step
from archlint.cost.lowering.runtime_rules import Fusions
from archlint.graph.composites import Composite, find_composites
from archlint.graph.model import Model
from archlint.graph.operator import Operator, Tensor

__all__ = ["draft_model"]


def draft_model(model: Model, fusions: Fusions, change: Change) -> tuple[PassGraph, list[int]]:
    """The draft of a model, and the operators that nothing is known of.

    The functions of several operators that the runtime knows are one step; operators that it
    removes or that `change` passes by are gone.
    """
    builder = _Builder(model, fusions, change)
    return PassGraph(builder.steps(), builder.outputs()), builder.unknown


class _Builder:
    def __init__(self, model: Model, fusions: Fusions, change: Change) -> None:
        self._model, self._fusions, self._change = model, fusions, change
        self._instead: dict[str, str] = {}
        self.unknown: list[int] = []
        self._names: dict[int, tuple[str, Composite]] = {}
        for composite in find_composites(model):
            name = self._name_of(composite)
            if name:
                self._names.update(dict.fromkeys(composite.operators, (name, composite)))

    def _name_of(self, composite: Composite) -> str:
        """The operator that runs a function of several operators, "" if none does."""
        asked = self._change.activations.get(composite.operators[-1], "")
        if asked:
            return asked
        name, needed = self._fusions.forms.get(composite.kind, ("", ""))
        types = {self._model.operators[index].op_type for index in composite.operators}
        return name if not needed or needed in types else ""

    def outputs(self) -> Iterator[str]:
        return (self._instead.get(name, name) for name in self._model.outputs)

    def steps(self) -> list[Step]:
        return [step for op in self._model.operators if (step := self._step(op)) is not None]

    def _step(self, op: Operator) -> Step | None:
        name, composite = self._names.get(op.index, ("", None))
        if composite is not None and not self._change.bypass.issuperset(composite.operators):
            if op.index != composite.operators[-1]:
                return None
            first = self._source(composite)
            return self._make(op, name, composite.operators, [first] if first is not None else [])
        if op.malformed or op.output.shape is None:
            self.unknown.append(op.index)
            return self._make(op, "", (), list(op.activations), cause=op.index)
        gone = op.op_type in self._fusions.removed or op.index in self._change.bypass
        if gone and op.activations:
            source = self._change.through.get(op.index, op.activations[0].name)
            for tensor in op.outputs:
                self._instead[tensor.name] = self._instead.get(source, source)
            return None
        asked = self._change.activations.get(op.index, op.op_type)
        step = self._make(op, asked, (op.index,), list(op.activations))
        step.bias = len(op.inputs) > 2 and op.inputs[2] is not None
        return step

    def _make(
        self,
        op: Operator,
        name: str,
        members: tuple[int, ...],
        reads: list[Tensor],
        cause: int | None = None,
    ) -> Step:
        ordered = [op.index, *(index for index in members if index != op.index)]
        return Step(
            op,
            name,
            (op.index, 0),
            ordered if members else [],
            [self._renamed(tensor) for tensor in reads],
            list(op.outputs),
            cause=cause,
        )

    def _renamed(self, tensor: Tensor) -> Tensor:
        name = self._instead.get(tensor.name)
        return tensor if name is None else replace(tensor, name=name)

    def _source(self, composite: Composite) -> Tensor | None:
        """The run-time tensor that the operators of a function read from outside."""
        operators = [self._model.operators[index] for index in composite.operators]
        made = {tensor.name for op in operators for tensor in op.outputs}
        for op in operators:
            for tensor in op.activations:
                if tensor.name not in made:
                    return tensor
        return None
