"""A model as steps: what it computes, however its exporter wrote it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from archlint.changes.key import Key, key_of
from archlint.changes.kinds import is_bookkeeping
from archlint.graph.composites import find_composites
from archlint.graph.model import Model
from archlint.graph.operator import Operator

__all__ = ["Step", "steps_of"]

_MOST_SOURCES = 64  # of a tensor behind bookkeeping; more are of masks and positions
_UNCOUNTED = frozenset({"bool", "int64", "int32", "string"})
_OF_GROUPS = "GroupNormalization"
_WITH_BIAS = frozenset({"Conv", "ConvTranspose", "Linear"})


@dataclass(frozen=True, slots=True)
class Step:
    """One operator, or several that compute one function.

    `sources` are the numbers of the steps that it reads, -1 for an input of the model, with
    bookkeeping left out.
    """

    key: Key
    module: str
    flops: int
    sources: tuple[int, ...]


def steps_of(model: Model) -> tuple[Step, ...]:
    """The steps of a model in topological order, without bookkeeping and scalar factors."""
    return tuple(_Steps(model).steps)


class _Steps:
    def __init__(self, model: Model) -> None:
        self._model = model
        self._uses = Counter(t.name for op in model.operators for t in op.inputs if t is not None)
        self._uses.update(model.outputs)
        self._sources: dict[str, tuple[int, ...]] = {}
        self._padded: set[str] = set()
        self.steps: list[Step] = []
        composites = {each.operators[-1]: each for each in find_composites(model)}
        inner = {index for each in composites.values() for index in each.operators[:-1]}
        for op in model.operators:
            if op.index in inner:
                self._pass(op)
            elif op.index in composites:
                found = composites[op.index]
                operators = [model.operators[index] for index in found.operators]
                self._add(op, Key(found.kind), operators)
            else:
                self._operator(op)

    def _operator(self, op: Operator) -> None:
        if not self._computes(op) or self._is_folded(op):
            self._pass(op)
        else:
            self._add(op, self._key(op), [op])

    def _computes(self, op: Operator) -> bool:
        """Whether an operator is more than bookkeeping."""
        if is_bookkeeping(op):
            data = op.inputs[0] if op.inputs else None
            is_embedding = op.op_type == "Gather" and data is not None and data.constant
            return is_embedding and data is not None and data.dtype not in _UNCOUNTED
        if not op.activations or not op.outputs:
            return False
        is_index = op.output.dtype in _UNCOUNTED and op.weight is None
        if is_index and op.op_type not in ("ArgMax", "ArgMin"):
            return False
        # of scalars, exporters put one behind or two in front of a product
        scalar = any(t is not None and t.constant and t.elements == 1 for t in op.inputs)
        return not (scalar and op.op_type in ("Add", "Div", "Mul", "Sub"))

    def _is_folded(self, op: Operator) -> bool:
        """What another exporter puts into weights: a bias or a batch-norm, a group norm's scale."""
        if len(op.activations) != 1:
            return False
        source = op.activations[0]
        sources = self._sources.get(source.name, ())
        maker = self._model.makers.get(source.name)
        if maker is None or self._uses[source.name] != 1 or len(sources) != 1 or sources[0] < 0:
            return False
        into = self.steps[sources[0]].key.kind
        if op.op_type in ("Add", "Mul"):
            vector = next((t for t in op.inputs if t is not None and t.constant), None)
            if vector is None or not vector.shape or vector.elements != max(vector.shape):
                return False
            if into == _OF_GROUPS:
                return True
        is_direct = not is_bookkeeping(self._model.operators[maker])
        return is_direct and into in _WITH_BIAS and op.op_type in ("Add", "BatchNormalization")

    def _key(self, op: Operator) -> Key:
        """The key of an operator; a group norm is written with Reshape and instance norm too."""
        if op.op_type == "InstanceNormalization":
            maker = self._model.makers.get(op.activations[0].name)
            if maker is not None and self._model.operators[maker].op_type == "Reshape":
                return Key(_OF_GROUPS)
        return key_of(op, is_padded=self._reads_padded(op))

    def _reads_padded(self, op: Operator) -> bool:
        return bool(op.activations) and op.activations[0].name in self._padded

    def _read(self, op: Operator) -> Iterator[int]:
        for tensor in op.activations:
            yield from self._sources.get(tensor.name, (-1,))

    def _pass(self, op: Operator) -> None:
        sources = tuple(dict.fromkeys(self._read(op)))[:_MOST_SOURCES]
        for tensor in op.outputs:
            self._sources[tensor.name] = sources
            if op.op_type == "Pad":
                self._padded.add(tensor.name)

    def _add(self, last: Operator, key: Key, operators: Sequence[Operator]) -> None:
        number = len(self.steps)
        made = {t.name for op in operators for t in op.outputs}
        read = [
            source
            for op in operators
            for tensor in op.activations
            if tensor.name not in made
            for source in self._sources.get(tensor.name, (-1,))
        ]
        flops = sum((op.flops or 0) * op.repeats for op in operators)
        self.steps.append(Step(key, last.module, flops, tuple(dict.fromkeys(read))))
        for tensor in last.outputs:
            self._sources[tensor.name] = (number,)
