"""Layers whose forward is a library's, with hooks that are not; comments mark lines for tests."""

# mypy: disable-error-code="misc,untyped-decorator"
# ruff: noqa: ARG001, ARG002, ARG005 - torch says what a hook takes

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

import torch
from torch import nn
from torch.nn.utils import parametrize

Args = tuple[torch.Tensor, ...]


def silu(x: torch.Tensor) -> torch.Tensor:
    return nn.functional.silu(x)


def calling(module: nn.Module, args: Args, output: torch.Tensor) -> torch.Tensor:
    return silu(output)  # a function called in a hook


@torch.no_grad()
def decorated(module: nn.Module, args: Args, output: torch.Tensor) -> torch.Tensor:
    return nn.functional.silu(output)  # decorated


def before(module: nn.Module, args: Args) -> torch.Tensor:
    return nn.functional.silu(args[0])  # before


def scaled(module: nn.Module, args: Args, output: torch.Tensor, by: float) -> torch.Tensor:
    return nn.functional.silu(output)  # partial


class Hook:
    def __call__(self, module: nn.Module, args: Args, output: torch.Tensor) -> torch.Tensor:
        return nn.functional.silu(output)  # callable

    def method(
        self, module: nn.Module, args: Args, kwargs: Mapping[str, object], output: torch.Tensor
    ) -> torch.Tensor:
        return nn.functional.silu(output)  # method


class Calling(nn.Module):
    """A hook that calls a module."""

    def __init__(self) -> None:
        super().__init__()
        self.act = nn.SiLU()  # in a hook

    def hook(self, module: nn.Module, args: Args, output: torch.Tensor) -> torch.Tensor:
        return self.act(output)


class Shifted(nn.Module):
    def forward(self, weight: torch.Tensor) -> torch.Tensor:
        return weight + 1


class Sigmoid(nn.Module):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.sigmoid(x)  # forward


def conv(hook: Callable[..., torch.Tensor] | None = None) -> nn.Conv2d:
    made = nn.Conv2d(4, 4, 1)  # layer
    if hook is not None:
        made.register_forward_hook(hook)
    return made


class Net(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.plain = conv()
        self.inline = conv(lambda module, args, output: nn.functional.silu(output))  # inline
        self.calling = conv(calling)
        self.decorated = conv(decorated)
        self.partial = conv(partial(scaled, by=2.0))
        self.callable = conv(Hook())
        self.method = conv()
        self.method.register_forward_hook(Hook().method, with_kwargs=True)
        self.before = conv()
        self.before.register_forward_pre_hook(before)
        self.hook = Calling()
        self.module = conv(self.hook.hook)
        self.parametrised = conv()
        parametrize.register_parametrization(self.parametrised, "weight", Shifted())
        self.own = Sigmoid()
        self.own.register_forward_hook(calling)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.decorated(self.calling(self.inline(self.plain(x))))
        x = self.before(self.method(self.callable(self.partial(x))))
        return self.own(self.parametrised(self.module(x)))
