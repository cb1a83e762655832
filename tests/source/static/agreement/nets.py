"""A net for each way to make modules; all take a 1x4x8x8 map."""

from __future__ import annotations

import functools
from collections import OrderedDict
from collections.abc import Callable
from functools import partial

import torch
import torch.nn.functional as F  # noqa: N812
from torch import nn
from torch.nn.utils import parametrizations

import tests.source.static.agreement.parts as by_alias
from tests.source.static.agreement import package
from tests.source.static.agreement.package import Renamed, starred
from tests.source.static.agreement.parts import Block, Own, Untouched, Wide, conv3x3, conv_norm


class Chained(nn.Module):
    """Runs its children one after the other."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        for each in self.children():
            for one in each if isinstance(each, nn.ModuleList) else [each]:
                x = one(x)
        return x


class Sequentials(Chained):
    def __init__(self, depth: int = 3) -> None:
        super().__init__()
        self.plain = nn.Sequential(nn.Conv2d(4, 4, 1), nn.ReLU(), nn.Sequential(Block(4)))
        self.named = nn.Sequential(
            OrderedDict([("conv", nn.Conv2d(4, 4, 1)), ("act", nn.Sigmoid())])
        )
        named = OrderedDict()
        named["first"] = conv3x3(4)
        named["second"] = nn.Tanh()
        self.filled = nn.Sequential(named)
        self.starred = nn.Sequential(Block(4), *[Wide(4) for _ in range(depth - 1)], nn.Tanh())
        layers: list[nn.Module] = []
        for index in range(depth):
            layers += [nn.Conv2d(4, 4, 1, bias=index == 0), nn.ReLU()]
        layers.extend([nn.Sigmoid()])
        self.built = nn.Sequential(*layers)
        self.grown = nn.Sequential()
        for index in range(depth):
            self.grown.add_module(f"step{index}", Block(4))
        self.grown.append(nn.Tanh())
        self.sliced = nn.Sequential(*layers[:2])


class Lists(Chained):
    def __init__(self, depth: int = 2, stages: tuple[int, ...] = (1, 2)) -> None:
        super().__init__()
        self.listed = nn.ModuleList([Block(4), conv3x3(4)])
        self.comprehended = nn.ModuleList([Block(4) for _ in range(depth)])
        self.generated = nn.ModuleList(Wide(4) for _ in range(depth))
        self.appended = nn.ModuleList()
        for _ in range(depth):
            self.appended.append(nn.Conv2d(4, 4, 1))
        self.appended.extend([nn.ReLU(), nn.Conv2d(4, 4, 3, padding=1)])
        self.appended.insert(0, nn.Tanh())
        self.stages = nn.ModuleList()
        for count in stages:
            blocks = []
            for index in range(count):
                blocks.append(Block(4) if index == 0 else Wide(4))  # noqa: PERF401
            self.stages.append(nn.Sequential(*blocks))
        self.added = nn.ModuleList([nn.ReLU()]) + [nn.Sigmoid()]  # noqa: RUF005


class Dicts(nn.Module):
    def __init__(self, names: tuple[str, ...] = ("left", "right")) -> None:
        super().__init__()
        self.literal = nn.ModuleDict({"one": nn.Conv2d(4, 4, 1), "two": Block(4)})
        self.comprehended = nn.ModuleDict({name: conv3x3(4) for name in names})
        self.assigned = nn.ModuleDict()
        for name in names:
            self.assigned[name] = Block(4)
        self.updated = nn.ModuleDict()
        self.updated.update({"last": nn.Conv2d(4, 4, 1)})

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        for each in (self.literal, self.comprehended, self.assigned, self.updated):
            for one in each.values():
                x = one(x)
        return x


class Attributes(nn.Module):
    def __init__(self, count: int = 3) -> None:
        super().__init__()
        for index in range(count):
            setattr(self, f"layer{index}", Block(4) if index < 2 else Wide(4))
            self.add_module("norm%d" % index, nn.BatchNorm2d(4))  # noqa: UP031
        self.register_module("last", nn.Conv2d(4, 4, 1))
        self.first, self.second = nn.Conv2d(4, 4, 1), nn.Conv2d(4, 4, 3, padding=1)
        self.one = self.other = Block(4)
        self.count = count

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        for index in range(self.count):
            x = getattr(self, f"norm{index}")(F.relu(getattr(self, f"layer{index}")(x)))
        return self.last(self.one(self.second(self.first(x))))


class Inherited(Untouched):
    def __init__(self, channels: int = 4) -> None:
        super().__init__(channels)
        self.after = conv3x3(channels)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.after(super().forward(x))


class Deeper(Chained):
    def __init__(self) -> None:
        super().__init__()
        self.untouched = Untouched(4)
        self.own = Own(4)
        self.inner = self.make_inner(2)
        self.made = self._made()

    def make_inner(self, depth: int) -> nn.Module:
        return nn.Sequential(*(Block(4) for _ in range(depth)))

    @staticmethod
    def _made() -> nn.Module:
        return conv_norm(4)


class Configured(Deeper):
    """Overrides a method that the base's constructor calls."""

    def make_inner(self, depth: int) -> nn.Module:
        blocks = [Wide(4)]
        for _ in range(1, depth):
            blocks.append(Block(4))  # noqa: PERF401
        return nn.Sequential(*blocks)


class Functions(Chained):
    width = 4
    block_class = Block

    def __init__(
        self,
        norm_layer: Callable[..., nn.Module] | None = None,
        block: type[nn.Module] = Wide,
        act: type[nn.Module] = nn.GELU,
        **kwargs: int,
    ) -> None:
        super().__init__()
        norm_layer = norm_layer or partial(nn.BatchNorm2d, eps=1e-3)
        self.conv = functools.partial(nn.Conv2d, kernel_size=1)(4, 4)
        self.norm = norm_layer(4)
        make: Callable[[], nn.Module] = lambda: nn.Conv2d(4, 4, 1)  # noqa: E731
        self.lambda_made = make()
        self.block = block(4)
        self.of_class = self.block_class(self.width)
        act_layer = {"relu": nn.ReLU, "tanh": nn.Tanh}["tanh"]
        self.act = act_layer()
        self.given = act()

        def local(channels: int) -> nn.Module:
            return nn.Sequential(conv3x3(channels), act(**kwargs))

        self.local = local(4)
        self.normed = conv_norm(4, norm=norm_layer)


class Conditions(Chained):
    def __init__(self, wide: bool = True, deep: bool = False, kind: str = "b") -> None:
        super().__init__()
        self.ternary = Wide(4) if wide else Block(4)
        if deep:
            self.branch = nn.Sequential(nn.Conv2d(4, 4, 1), nn.ReLU())
        elif wide:
            self.branch = nn.Sequential(nn.Conv2d(4, 4, 1), nn.Tanh(), Block(4))
        else:
            self.branch = nn.Identity()
        layers = [nn.Conv2d(4, 4, 1)]
        if wide:
            layers.append(nn.BatchNorm2d(4))
        if deep:
            layers.append(nn.Dropout(0.5))
        layers.append(nn.Sigmoid())
        self.optional = nn.Sequential(*layers)
        if kind == "a":
            conv: Callable[[int], nn.Module] = conv3x3
        else:
            conv = Own
        self.chosen = conv(4)


class Shared(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.one = Block(4)
        self.other = self.one
        act = nn.Tanh()
        self.layers = nn.ModuleList([nn.Sequential(Block(4), act) for _ in range(2)])
        self.act = act

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.other(x)
        for each in self.layers:
            x = each(x)
        return self.act(x)


class Parametrised(Chained):
    def __init__(self) -> None:
        super().__init__()
        self.conv = parametrizations.weight_norm(nn.Conv2d(4, 4, 1))
        self.block = Block(4)
        self.block.conv = parametrizations.weight_norm(self.block.conv)


class Imported(Chained):
    def __init__(self) -> None:
        super().__init__()
        self.alias = by_alias.Block(4)
        self.of_package = package.Untouched(4)
        self.renamed = Renamed(4)
        self.starred = starred(4)


class Operators(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.block = Block(4)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = self.block(x)
        x = x * y + F.relu(y)
        x = torch.cat(
            (
                self.block(x),
                y,
            ),
            dim=1,
        )
        return self._last(x)

    def _last(self, x: torch.Tensor) -> torch.Tensor:
        return F.softmax(x.transpose(1, 2), dim=1)


NETS = (
    "Sequentials", "Lists", "Dicts", "Attributes", "Inherited", "Deeper", "Configured",
    "Functions", "Conditions", "Shared", "Parametrised", "Imported", "Operators",
)  # fmt: skip
