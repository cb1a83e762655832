"""The pass of PyTorch's autocast: what runs in half precision, and the casts between."""

from __future__ import annotations

from dataclasses import replace

from archlint.cost.kernels.ops import VIEWS
from archlint.cost.lowering.pass_graph import PassGraph, Step
from archlint.cost.lowering.runtime_rules import RuntimeRules
from archlint.graph.operator import Tensor

__all__ = ["autocast"]

_OWN_WEIGHTS = frozenset({"BatchNormalization", "Clip", "Gather", "Pad", "PRelu", "Resize"})
"""Whose constants do not widen what they run on."""
_WIDE, _NARROW = "float", "float16"


def autocast(graph: PassGraph, lowering: RuntimeRules) -> None:
    """Give each tensor the dtype that autocast gives it; a cast is a kernel of its own.

    What is in neither of its lists runs in the widest dtype that it reads.
    """
    if lowering.autocast is None:
        return
    half, single = lowering.autocast.half, lowering.autocast.single
    narrow: set[str] = set()
    for step in graph:
        numbers = [each for each in step.reads if each.dtype in (_WIDE, _NARROW)]
        if step.name in VIEWS or not step.launched:
            is_narrow = bool(numbers) and numbers[0].name in narrow
        elif step.name in half:
            for tensor in numbers:
                if tensor.name not in narrow:
                    _cast(graph, step, tensor, _NARROW)
            is_narrow = True
        elif step.name in single:
            for tensor in numbers[:1]:
                if tensor.name in narrow:
                    _cast(graph, step, tensor, _WIDE)
            is_narrow = False
        else:
            widens = step.name not in _OWN_WEIGHTS and any(map(_is_wide_constant, step.op.inputs))
            is_narrow = bool(numbers) and not widens and all(t.name in narrow for t in numbers)
        if is_narrow:
            narrow.update(each.name for each in step.writes)
            if step.output.dtype == _WIDE:
                outputs = tuple(replace(each, dtype=_NARROW) for each in step.op.outputs)
                step.op = replace(step.op, outputs=outputs)
                step.writes = [replace(each, dtype=_NARROW) for each in step.writes]


def _is_wide_constant(tensor: Tensor | None) -> bool:
    """Whether it is a constant of single precision that is no number alone."""
    return (
        tensor is not None
        and tensor.constant
        and tensor.dtype == _WIDE
        and bool(tensor.shape)
        and tensor.elements != 1
    )


def _cast(graph: PassGraph, step: Step, tensor: Tensor, dtype: str) -> None:
    made = replace(tensor, name=f"{tensor.name}/cast{step.op.index}", dtype=dtype)
    graph.insert("Cast", step, -1, tensor, made)
