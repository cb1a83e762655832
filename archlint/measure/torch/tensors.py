"""Tensors of a torch target: one device, dtype and memory format."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch

from archlint.cost.kernels.kernel import Kernel

__all__ = ["Call", "NoCallError", "Shape", "Tensors", "in_shape", "out_shape", "read"]

Shape = tuple[int, ...]

_WHOLE = {8: torch.int64, 1: torch.bool}
_PRIME = 7919


@dataclass(frozen=True, slots=True)
class Call:
    """A kernel as a function of its activations, and tensors to call it on."""

    run: Callable[..., Any]
    inputs: tuple[torch.Tensor, ...]


class NoCallError(Exception):
    """There is no torch function that is this kernel."""


class Tensors:
    """Hands out tensors of one device, dtype and memory format, and counts the weights' bytes.

    On the device "meta" they have shapes but no memory.
    """

    def __init__(
        self, device: str, dtype: torch.dtype, channels_last: bool = False, seed: int = 0
    ) -> None:
        self.weight_bytes: int = 0
        self.dtype: torch.dtype = dtype
        self.channels_last: bool = channels_last
        self.device: torch.device = torch.device(device)
        self._random = None
        if self.device.type != "meta":
            self._random = torch.Generator(self.device).manual_seed(seed)

    def activation(self, *shape: int, itemsize: int = 4) -> torch.Tensor:
        """Random values of the target's dtype; whole numbers or truths by the item size."""
        if itemsize in _WHOLE:
            return torch.ones(shape, dtype=_WHOLE[itemsize], device=self.device)
        return self.packed(self._normal(shape, 1.0))

    def weights(self, *shape: int, spread: float = 0.05, about: float = 0.0) -> torch.Tensor:
        """Random weights of the kernel's own."""
        made = self.packed(self._normal(shape, spread)).add_(about)
        self.weight_bytes += made.nbytes
        return made

    def indices(self, count: int, limit: int) -> torch.Tensor:
        """Whole numbers below a limit, spread as those of a text are."""
        return torch.arange(count, device=self.device) * _PRIME % limit

    def packed(self, tensor: torch.Tensor) -> torch.Tensor:
        """The tensor without gaps, in the memory format; itself if it is so already."""
        if self.channels_last and tensor.dim() == 4:
            return tensor.contiguous(memory_format=torch.channels_last)
        return tensor.contiguous()

    def _normal(self, shape: Shape, spread: float) -> torch.Tensor:
        made = torch.empty(shape, dtype=self.dtype, device=self.device)
        return made if self._random is None else made.normal_(0, spread, generator=self._random)


def in_shape(kernel: Kernel) -> Shape:
    """The shape of the kernel's input: NCHW from two sizes on, rows before channels at one."""
    return _shape(kernel.batch, kernel.c_in, kernel.in_map)


def out_shape(kernel: Kernel) -> Shape:
    """The shape of the kernel's output."""
    return _shape(kernel.batch, kernel.c_out, kernel.out_map)


def read(kernel: Kernel, tensors: Tensors) -> torch.Tensor:
    """An input of the kernel."""
    return tensors.activation(*in_shape(kernel), itemsize=kernel.itemsize)


def _shape(batch: int, channels: int, sizes: Shape) -> Shape:
    return (batch, sizes[0], channels) if len(sizes) == 1 else (batch, channels, *sizes)
