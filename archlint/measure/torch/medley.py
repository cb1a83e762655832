"""A medley as steps: for each kernel its producers, its share of the ballast, and itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch

from archlint.measure.plan.medley import Medley
from archlint.measure.torch.kernels import make_call
from archlint.measure.torch.tensors import Tensors

__all__ = ["Steps", "make_steps"]

Step = Callable[[], object]


@dataclass(frozen=True, slots=True)
class Steps:
    """What one pass runs, the numbers of the kernels' own steps, and the bytes of weights."""

    run: tuple[Step, ...]
    kernels: tuple[int, ...]
    weight_bytes: int


def make_steps(medley: Medley, tensors: Tensors) -> Steps:
    """The medley's steps, with weights and buffers of its own.

    A kernel's output lives until the next kernel has made its own, as in a network, so that
    torch's allocators hand out the same few blocks again and again.
    """
    calls = [make_call(kernel, tensors) for kernel in medley.kernels]
    source = _Source(tensors, max((x.numel() for call in calls for x in call.inputs), default=1))
    largest = max((kernel.activation_bytes for kernel in medley.kernels), default=0)
    missing = medley.footprint - tensors.weight_bytes - largest
    ballast = _ballast(missing, len(calls), tensors)
    last: list[Any] = [None]
    made: tuple[torch.Size, torch.dtype] | None = None
    steps: list[Step] = []
    numbers = []
    for at, call in enumerate(calls):
        first = call.inputs[0]
        follows = medley.linked and made == (first.shape, first.dtype)
        steps += [source.producer_of(each) for each in call.inputs[1 if follows else 0 :]]
        if ballast:
            steps.append(_reader_of(ballast[at]))
        numbers.append(len(steps))
        steps.append(_step(call.run, call.inputs, last, follows))
        made = _made_by(call.run, call.inputs)
    held = tensors.weight_bytes + sum(each.nbytes for each in ballast)
    return Steps(tuple(steps), tuple(numbers), held)


def _step(
    run: Callable[..., Any], inputs: tuple[torch.Tensor, ...], last: list[Any], follows: bool
) -> Step:
    if follows:
        rest = inputs[1:]

        def linked() -> None:
            last[0] = run(last[0], *rest)

        return linked

    def alone() -> None:
        last[0] = run(*inputs)

    return alone


def _made_by(
    run: Callable[..., Any], inputs: tuple[torch.Tensor, ...]
) -> tuple[torch.Size, torch.dtype] | None:
    made = run(*inputs)
    return (made.shape, made.dtype) if isinstance(made, torch.Tensor) else None


class _Source:
    """Random values that producers copy into the kernels' inputs.

    They are those of a ReLU, half of them 0, as most tensors of a network are: the time of
    torch's max pool on a CPU depends on how often it meets a greater value.
    """

    def __init__(self, tensors: Tensors, elements: int) -> None:
        self._values = tensors.activation(elements).relu_()
        self._by_dtype = {self._values.dtype: self._values}

    def producer_of(self, target: torch.Tensor) -> Step:
        """A step that writes the tensor anew, in its memory order."""
        flat = target.as_strided((target.numel(),), (1,))
        if flat.dtype.is_floating_point:
            values = self._by_dtype.setdefault(flat.dtype, self._values.to(flat.dtype))
            values = values[: flat.numel()]
        else:
            values = flat.clone()
        return lambda: flat.copy_(values)


def _ballast(missing: int, parts: int, tensors: Tensors) -> list[torch.Tensor]:
    """Weights that no kernel has, as many bytes for each kernel, read by sums."""
    elements = missing // 4 // max(parts, 1)
    if elements <= 0:
        return []
    return [torch.ones(elements, device=tensors.device) for _ in range(parts)]


def _reader_of(weights: torch.Tensor) -> Step:
    return lambda: weights.sum()
