"""The kernels of a target whose file declares what folds and fuses, for want of the runtime."""

from __future__ import annotations

from archlint.cost.kernels.kernel import Kernel
from archlint.cost.kernels.kind import Kind
from archlint.cost.kernels.ops import ACTIVATIONS, RESHAPES, VIEWS
from archlint.cost.lowering.lowered import Change, Lowered, PlacedKernel
from archlint.cost.lowering.make_kernel import make_kernel
from archlint.cost.lowering.runtime_rules import RuntimeRules
from archlint.graph.composites import Composite, find_composites
from archlint.graph.model import Model
from archlint.graph.operator import Operator

__all__ = ["Declared"]

_WEIGHTED = frozenset(
    {Kind.CONV, Kind.GROUP_CONV, Kind.DEPTHWISE, Kind.TRANSPOSED_CONV, Kind.PRODUCT}
)


class Declared:
    """Lowering by patterns that a target file declares: what folds and what fuses into what."""

    def __init__(self, model: Model, rules: RuntimeRules, change: Change) -> None:
        self._model, self._rules, self._change = model, rules, change
        self._outputs = frozenset(model.outputs)
        self._kernels: list[Kernel] = []
        self._members: list[list[int]] = []
        self._tails: list[int] = []
        self._home: dict[int, int] = {}
        self._unpriced: list[int] = []
        self._behind: dict[int, int] = {}
        """For a view or a passed-by operator: the operator whose output it hands on."""
        self._composites = {
            index: composite
            for composite in find_composites(model)
            for index in composite.operators
        }

    def run(self) -> Lowered:
        """The kernels of the model."""
        for op in self._model.operators:
            self._place(op)
        placed = tuple(
            PlacedKernel(kernel, tuple(members))
            for kernel, members in zip(self._kernels, self._members, strict=True)
        )
        return Lowered(placed, self._home, tuple(self._unpriced))

    def _place(self, op: Operator) -> None:
        composite = self._composites.get(op.index)
        if op.malformed or op.output.shape is None:
            self._unpriced.append(op.index)
        elif op.index in self._change.bypass or (composite is None and op.op_type in VIEWS):
            source = self._source(op)
            if source is not None:
                self._behind[op.index] = source
            if self._rules.views and op.op_type in RESHAPES:
                # of the views a runtime is called for these; the others are gone before it runs
                self._view(op)
        elif composite is not None:
            if op.index == composite.operators[-1]:
                self._place_composite(op, composite)
        elif op.op_type in ACTIVATIONS:
            self._activate(op, self._change.activations.get(op.index, op.op_type), (op.index,))
        elif not self._fold(op):
            self._start(op, make_kernel(op), (op.index,))

    def _view(self, op: Operator) -> None:
        """A view that costs a launch; it is nobody's home, for kernels fuse across it."""
        kernel = make_kernel(op)
        if kernel is not None and op.index not in self._change.bypass:
            self._kernels.append(kernel)
            self._members.append([op.index])
            self._tails.append(op.index)

    def _place_composite(self, op: Operator, composite: Composite) -> None:
        if composite.kind in ACTIVATIONS:
            act = self._change.activations.get(op.index, composite.kind)
            self._activate(op, act, composite.operators, composite.source)
        else:
            kernel = make_kernel(op, composite.kind)
            self._start(op, kernel, composite.operators)

    def _start(self, op: Operator, kernel: Kernel | None, members: tuple[int, ...]) -> None:
        if kernel is None:
            self._unpriced.extend(members)
            return
        for index in members:
            self._home[index] = len(self._kernels)
        self._kernels.append(kernel)
        self._members.append([op.index, *(index for index in members if index != op.index)])
        self._tails.append(op.index)

    def _activate(
        self, op: Operator, act: str, members: tuple[int, ...], source: int | None = None
    ) -> None:
        if source is None:
            source = self._source(op)
        number = self._open_kernel(source, members)
        fits = number is not None and self._kernels[number].kind in self._rules.fuse_into
        if act in self._rules.fuse and fits and number is not None:
            self._join(op, number, members)
            kernel = self._kernels[number]
            self._kernels[number] = kernel._replace(epilogue=(*kernel.epilogue, act))
        else:
            self._start(op, make_kernel(op, act), members)

    def _fold(self, op: Operator) -> bool:
        """Whether the operator vanishes into the weights of the kernel before it."""
        if op.op_type not in self._rules.fold or len(op.activations) != 1:
            return False
        number = self._open_kernel(self._source(op), (op.index,))
        if number is None or self._kernels[number].kind not in _WEIGHTED:
            return False
        if self._kernels[number].epilogue or not self._kernels[number].constant:
            return False
        self._join(op, number, (op.index,))
        return True

    def _join(self, op: Operator, number: int, members: tuple[int, ...]) -> None:
        for index in members:
            self._home[index] = number
        self._members[number].extend(members)
        self._tails[number] = op.index

    def _open_kernel(self, source: int | None, members: tuple[int, ...]) -> int | None:
        """The kernel that ends at `source`, if only `members` read what it makes."""
        readers = set(members)
        while source is not None:
            outputs = self._model.operators[source].outputs
            if any(tensor.name in self._outputs for tensor in outputs):
                return None
            if not readers.issuperset(self._model.graph.successors(source)):
                return None
            if source in self._home:
                number = self._home[source]
                return number if self._tails[number] == source else None
            readers, source = {source}, self._behind.get(source)
        return None

    def _source(self, op: Operator) -> int | None:
        """The operator that makes the first run-time input."""
        if not op.activations:
            return None
        wanted = self._change.through.get(op.index, op.activations[0].name)
        return self._model.makers.get(wanted)
