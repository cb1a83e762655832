"""Tensors without memory that constructors can work with."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import torch
from torch import nn
from torch._subclasses.fake_tensor import FakeTensor, FakeTensorMode
from torch.overrides import TorchFunctionMode

__all__ = ["building", "fake_mode"]


def fake_mode() -> FakeTensorMode:
    """A mode in which tensors have shapes and dtypes only; real ones from before are taken."""
    return FakeTensorMode(allow_non_fake_inputs=True)


@contextmanager
def building(mode: FakeTensorMode) -> Iterator[None]:
    """What a constructor runs in: the mode, with what it lacks."""
    with mode, _Copying():
        yield


class _Copying(TorchFunctionMode):  # type: ignore[misc]
    """`copy.deepcopy` of a fake tensor, with which nn.TransformerEncoder clones its layers."""

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: tuple[type, ...],
        args: tuple[Any, ...] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        if func is torch.Tensor.__deepcopy__ and isinstance(args[0], FakeTensor):
            tensor, memo = args
            if id(tensor) not in memo:
                made = tensor.detach().clone()
                if isinstance(tensor, nn.Parameter):
                    made = nn.Parameter(made, tensor.requires_grad)
                memo[id(tensor)] = made
            return memo[id(tensor)]
        return func(*args, **(kwargs or {}))
