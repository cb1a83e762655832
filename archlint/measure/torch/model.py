"""Whole ONNX models in eager torch, operator by operator."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from onnx import inliner

from archlint.cost.kernels.ops import ACTIVATIONS
from archlint.errors import MeasureError
from archlint.graph.build_model import build_model
from archlint.graph.composites import find_composites
from archlint.measure.random_weights import random_inputs
from archlint.measure.torch.functions import UNARY
from archlint.measure.torch.node import Bound, Node, to_torch
from archlint.measure.torch.operators import bind
from archlint.measure.torch.tensors import Tensors

__all__ = ["TorchModel"]

_RUN_ONCE = frozenset({"Constant", "Shape", "Size", "ConstantOfShape", "Range"})


@dataclass(frozen=True, slots=True)
class _Step:
    """A call, the slots that it reads and writes, and those that nobody reads after it."""

    run: Callable[..., Any]
    reads: tuple[int, ...]
    writes: tuple[int, ...]
    dead: tuple[int, ...]


class TorchModel:
    """A model as a list of torch calls, bound to the sizes of its inputs.

    What depends on constants and shapes alone is computed here, once.  Activations that the
    exporter wrote as several operators (SiLU, HardSwish, GELU) are one call, as they are in the
    module's code.  Raises MeasureError for an operator that has no function.
    """

    def __init__(
        self, model: onnx.ModelProto, device: str, dtype: torch.dtype, channels_last: bool = False
    ) -> None:
        if model.functions:
            model = inliner.inline_local_functions(model)
        self._tensors = Tensors(device, dtype, channels_last)
        self._opset = max((e.version for e in model.opset_import if not e.domain), default=1)
        self._values: dict[str, torch.Tensor] = {
            each.name: to_torch(each, device, dtype) for each in model.graph.initializer
        }
        self._constant = set(self._values)
        feeds = random_inputs(model, 0)
        self._inputs, self._outputs = tuple(feeds), tuple(e.name for e in model.graph.output)
        self._values.update(zip(feeds, self.feeds(feeds), strict=True))
        self._calls: list[tuple[Callable[..., Any], list[str], list[str]]] = []
        self._activations, self._inside = _activations_of(model)
        with torch.inference_mode():
            for node in model.graph.node:
                self._place(node)
        self._slots, self._steps = self._link()
        self._values.clear()

    def feeds(self, arrays: Mapping[str, NDArray[np.generic]]) -> list[torch.Tensor]:
        """The inputs as tensors of the device and dtype."""
        tensors = self._tensors
        found = []
        for name in arrays:
            made = torch.from_numpy(np.ascontiguousarray(arrays[name])).to(tensors.device)
            floats = made.is_floating_point()
            found.append(tensors.packed(made.to(tensors.dtype)) if floats else made)
        return found

    def __call__(self, feeds: Sequence[torch.Tensor]) -> list[torch.Tensor]:
        """Run the model on one tensor for each input."""
        slots: list[Any] = [*feeds, *self._slots]
        for step in self._steps:
            made = step.run(*[slots[at] for at in step.reads])
            if len(step.writes) == 1:
                slots[step.writes[0]] = made
            else:
                for at, each in zip(step.writes, made, strict=False):
                    slots[at] = each
            for at in step.dead:
                slots[at] = None
        return [slots[at] for at in self._results]

    def _place(self, proto: onnx.NodeProto) -> None:
        if proto.output[0] in self._inside:
            return
        if proto.output[0] in self._activations:
            kind, source = self._activations[proto.output[0]]
            self._run(UNARY[kind], [source], list(proto.output))
            return
        names = list(proto.input)
        inputs = [self._values[name] if name else None for name in names]
        constant = [name in self._constant for name in names]
        tensors = self._tensors
        node = Node(proto, inputs, constant, self._opset, tensors.packed, tensors.dtype)
        try:
            bound = bind(node)
            if proto.op_type in _RUN_ONCE or all(constant):
                self._fold(bound, proto, inputs)
            else:
                self._run(bound.run, [names[at] for at in bound.reads], list(proto.output))
        except (ValueError, KeyError, TypeError) as fault:
            raise MeasureError(f"torch: {proto.op_type} {proto.name}: {fault}") from fault

    def _fold(
        self, bound: Bound, proto: onnx.NodeProto, inputs: Sequence[torch.Tensor | None]
    ) -> None:
        made = bound.run(*[inputs[at] for at in bound.reads])
        parts = made if isinstance(made, (list, tuple)) else [made]
        for name, each in zip(proto.output, parts, strict=False):
            self._values[name] = each.to(self._tensors.device)
            self._constant.add(name)

    def _run(self, run: Callable[..., Any], reads: list[str], writes: list[str]) -> None:
        made = run(*[self._values[name] for name in reads])
        parts = list(made) if isinstance(made, (list, tuple)) else [made]
        if isinstance(made, (list, tuple)) and len(made) == 1:
            inner = run
            run = lambda *given: inner(*given)[0]  # noqa: E731 - one result, not a list of one
        writes = writes[: len(parts)]
        self._values.update(zip(writes, parts, strict=True))
        self._calls.append((run, reads, writes))

    def _link(self) -> tuple[list[torch.Tensor | None], list[_Step]]:
        """Names to slots: inputs, then constants that calls read, then what they write."""
        at = {name: slot for slot, name in enumerate(self._inputs)}
        slots: list[torch.Tensor | None] = []
        for name in (name for _, reads, writes in self._calls for name in (*reads, *writes)):
            if name not in at:
                at[name] = len(self._inputs) + len(slots)
                slots.append(self._values[name] if name in self._constant else None)
        kept = {*self._outputs, *self._constant}
        last = {name: i for i, (_, reads, writes) in enumerate(self._calls)
                for name in (*reads, *writes) if name not in kept}  # fmt: skip
        ending: dict[int, list[int]] = {}
        for name, i in last.items():
            ending.setdefault(i, []).append(at[name])
        self._results = tuple(at[name] for name in self._outputs if name in at)
        return slots, [
            _Step(run, tuple(at[n] for n in reads), tuple(at[n] for n in writes),
                  tuple(ending.get(i, ())))
            for i, (run, reads, writes) in enumerate(self._calls)
        ]  # fmt: skip


def _activations_of(model: onnx.ModelProto) -> tuple[dict[str, tuple[str, str]], set[str]]:
    """The output of each activation of several operators -> its kind and input; what is inside."""
    graph = build_model("model", model)
    found, inside = {}, set()
    for composite in find_composites(graph):
        if composite.kind not in ACTIVATIONS or composite.kind not in UNARY:
            continue
        operators = [graph.operators[index] for index in composite.operators]
        made = {each.name for op in operators for each in op.outputs}
        sources = [t.name for op in operators for t in op.activations if t.name not in made]
        found[operators[-1].output.name] = composite.kind, sources[0]
        inside |= {op.output.name for op in operators[:-1]}
    return found, inside
