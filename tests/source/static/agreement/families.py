"""Nets as families of architectures are written; all take a 1x4x8x8 map."""

from __future__ import annotations

import functools
from collections.abc import Callable

import torch
from torch import nn

from tests.source.static.agreement.nets import Chained
from tests.source.static.agreement.parts import Block, Wide, conv3x3

ACTIVATIONS = {"relu": nn.ReLU, "tanh": nn.Tanh}


class Planned(Chained):
    """As VGG's configurations: of the plan only the default is known."""

    def __init__(self, plan: str = "cpcb") -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for letter in plan:
            if letter == "p":
                layers.append(nn.MaxPool2d(1))
            elif letter == "b":
                layers += [nn.Conv2d(4, 4, 1), nn.BatchNorm2d(4), nn.ReLU()]
            else:
                layers += [nn.Conv2d(4, 4, 3, padding=1), nn.ReLU()]
        self.features = nn.Sequential(*layers)


class Staged(Chained):
    """As ResNet's stages: a class of blocks and how many are parameters."""

    def __init__(self, block: Callable[[int], nn.Module], depths: tuple[int, ...] = (1, 2)) -> None:
        super().__init__()
        self.stages = nn.Sequential()
        for index, depth in enumerate(depths):
            self.stages.add_module(f"stage{index}", self._make_stage(block, depth))
        self._tail(4)

    def _make_stage(self, block: Callable[[int], nn.Module], depth: int) -> nn.Sequential:
        layers = [conv3x3(4)]
        for _ in range(depth):
            layers.append(block(4))  # noqa: PERF401, the loop is what is tested
        return nn.Sequential(*layers)

    def _tail(self, channels: int) -> None:
        self.tail = nn.Conv2d(channels, channels, 1)


def staged() -> Staged:
    return Staged(functools.partial(Block, act=nn.Tanh), (2, 1))


class Base(Chained):
    act: type[nn.Module] = nn.ReLU

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(channels, channels, 1)
        self.act_layer = self.act()
        self.build()

    def build(self) -> None:
        self.head = nn.Conv2d(4, 4, 1)


class Overridden(Base):
    """Another activation, and a method that adds to that of the base."""

    act = nn.Tanh

    def __init__(self) -> None:
        super().__init__(4)
        self.more = nn.Conv2d(4, 4, 1)

    def build(self) -> None:
        super().build()
        self.neck = nn.Conv2d(4, 4, 1)


class ConvAct(nn.Sequential):
    def __init__(self, act: type[nn.Module] | None = nn.ReLU) -> None:
        super().__init__(nn.Conv2d(4, 4, 1))
        if act is not None:
            self.append(act())


class Subclassed(Chained):
    """Sequentials by another name, and a layer that a name chooses."""

    def __init__(self, name: str = "tanh") -> None:
        super().__init__()
        self.chained = nn.Sequential(ConvAct(nn.Sigmoid), ConvAct(act=None), ConvAct())
        self.act = ACTIVATIONS[name]()
        self.mapped = nn.Sequential(*(Wide(each) for each in [4, 4]))


class Doubled(nn.Module):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return 2 * x


class Registered(Chained):
    """A weight that a module of the user's computes."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(4, 4, 1)
        nn.utils.parametrize.register_parametrization(self.conv, "weight", Doubled())
        self.act = nn.ReLU()


class Normed(Chained):
    """A batch-norm that exporters fold into the convolution."""

    def __init__(self) -> None:
        super().__init__()
        self.normed = nn.Conv2d(4, 4, 1, bias=False)
        self.bn = nn.BatchNorm2d(4)
        self.act = nn.ReLU()


FAMILIES = ("Planned", "staged", "Overridden", "Subclassed", "Registered", "Normed")
