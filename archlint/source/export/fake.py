"""Tensors without memory that constructors can work with."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import torch
from torch import nn
from torch._subclasses.fake_tensor import FakeTensor, FakeTensorMode, unset_fake_temporarily
from torch.overrides import TorchFunctionMode
from torch.utils import _pytree as pytree

__all__ = ["building", "fake_mode"]

_KNOWN = frozenset({
    torch.arange, torch.as_tensor, torch.from_numpy, torch.linspace, torch.logspace, torch.tensor,
    torch.tril_indices, torch.triu_indices,
})  # fmt: skip
_MOST_KNOWN = 1 << 16  # elements


def fake_mode() -> FakeTensorMode:
    """A mode in which tensors have shapes and dtypes only; real ones from before are taken."""
    return FakeTensorMode(allow_non_fake_inputs=True)


@contextmanager
def building(mode: FakeTensorMode) -> Iterator[None]:
    """What a constructor runs in: the mode, with what it lacks."""
    with mode, _Constructing(), _initialisers_skipped():
        yield


@contextmanager
def _initialisers_skipped() -> Iterator[None]:
    """What has no memory needs no values; torch's own initialisers look at theirs."""
    originals = {name: each for name, each in vars(nn.init).items() if name.startswith("_no_grad_")}
    for name, each in originals.items():
        setattr(nn.init, name, _skipping_fake(each))
    try:
        yield
    finally:
        for name, each in originals.items():
            setattr(nn.init, name, each)


def _skipping_fake(initialise: Callable[..., torch.Tensor]) -> Callable[..., torch.Tensor]:
    def skip(tensor: torch.Tensor, *args: Any, **kwargs: Any) -> torch.Tensor:
        if isinstance(tensor, FakeTensor):
            return tensor
        return initialise(tensor, *args, **kwargs)

    return skip


class _Constructing(TorchFunctionMode):  # type: ignore[misc]
    """Real where constructors look at values, such as rates from `torch.linspace`, and copyable.

    What is computed from literals and ranges alone stays real; weights are never among that.
    """

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: tuple[type, ...],
        args: tuple[Any, ...] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        given = kwargs or {}
        looked_at = (args, given)
        if func is torch.Tensor.__deepcopy__:
            if isinstance(args[0], FakeTensor):
                return _copied(*args)
            looked_at = (args[:1], {})  # what was copied before is no matter
        tensors = [each for each in pytree.tree_leaves(looked_at) if _is_tensor(each)]
        if (tensors or func in _KNOWN) and all(map(_is_known, tensors)):
            with unset_fake_temporarily():
                return func(*args, **given)
        return func(*args, **given)


def _copied(tensor: torch.Tensor, memo: dict[int, Any]) -> torch.Tensor:
    """A deep copy, with which nn.TransformerEncoder clones its layers."""
    if id(tensor) not in memo:
        made = tensor.detach().clone()
        if isinstance(tensor, nn.Parameter):
            made = nn.Parameter(made, tensor.requires_grad)
        memo[id(tensor)] = made
    found: torch.Tensor = memo[id(tensor)]
    return found


def _is_tensor(each: object) -> bool:
    return isinstance(each, torch.Tensor)


def _is_known(tensor: torch.Tensor) -> bool:
    return not isinstance(tensor, FakeTensor) and tensor.numel() <= _MOST_KNOWN
