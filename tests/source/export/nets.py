"""Modules that are constructed in every way that a record has to follow."""

# mypy: disable-error-code="misc"
# torch has no types for mypy here, so that nn.Module is Any

import copy
import functools
from collections.abc import Callable

import torch
import torch.nn.functional as F  # noqa: N812
from torch import nn


class Block(nn.Module):
    def __init__(self, channels: int):
        super().__init__()
        self.conv = nn.Conv2d(channels, channels, 3, padding=1)  # block conv

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return F.relu(self.conv(x)) + x  # block add


class Wide(Block):
    def __init__(self, channels: int):
        super().__init__(channels)  # wide super
        self.scale = nn.Parameter(torch.ones(1))


class Widened(nn.Conv2d):
    def __init__(self, channels: int):
        super().__init__(channels, 2 * channels, 1)


def helper(channels: int) -> nn.Module:
    return nn.Conv2d(channels, channels, 1)  # helper conv


class Net(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.sequential = nn.Sequential(nn.Conv2d(3, 4, 1), nn.ReLU())  # sequential
        self.listed = nn.ModuleList([Block(4) for _ in range(2)])  # listed
        self.looped = nn.ModuleList()
        for _ in range(2):
            self.looped.append(Block(4))  # looped
        self.generated = nn.Sequential(*(Block(4) for _ in range(2)))  # generated
        self.helped = helper(4)  # helped
        self.wide = Wide(4)  # wide
        self.shared = self.helped
        self.partial = functools.partial(nn.Conv2d, 4, 4, 1)()  # partial
        make: Callable[[], nn.Module] = lambda: nn.Conv2d(4, 4, 1)  # noqa: E731 in the lambda
        self.called = make()  # called
        self.copied = copy.deepcopy(self.partial)
        self.widened = Widened(4)  # widened
        self.é, self.last = nn.Conv2d(8, 8, 1), nn.Conv2d(8, 4, 1)  # after two bytes

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.sequential(x)
        for block in (*self.listed, *self.looped):
            x = block(x)
        x = self.wide(self.helped(self.generated(x)))
        x = self.called(self.partial(self.shared(x)))
        x = self.last(self.é(self.widened(self.copied(x))))
        x += 1  # in place
        return torch.cat(  # joined
            (x, x), dim=1
        )


class Encoder(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        layer = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True)  # layer
        self.encoder = nn.TransformerEncoder(layer, 2, enable_nested_tensor=False)  # encoder

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.encoder(x)


class Normed(nn.Module):
    def __init__(self, channels: int):
        super().__init__()
        self.norm = nn.BatchNorm2d(channels)  # normed norm

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.norm(x)


class Copied(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        block = Normed(4)  # normed
        self.blocks = nn.Sequential(copy.deepcopy(block), copy.deepcopy(block))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.blocks(x)


class Unpickled(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        made = nn.ReLU.__new__(nn.ReLU)
        made.__dict__.update(nn.ReLU().__dict__)
        made.__dict__.pop("_archlint_construction", None)
        self.relu = made

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.relu(x)


class Rates(nn.Module):
    """Looks at values while it is built, as stochastic depth does."""

    def __init__(self) -> None:
        super().__init__()
        rates = [each.item() for each in torch.linspace(0, 0.2, 3).split(1)]
        self.drops = nn.Sequential(*(nn.Dropout(rate) for rate in rates), nn.Linear(4, 4))
        nn.init.trunc_normal_(self.drops[-1].weight)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.drops(x)


class Draws(nn.Module):
    """Looks at a random value while it is built."""

    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.Linear(4, 4 if torch.rand(1).item() < 2 else 5)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.linear(x)


class Branches(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.Linear(4, 4)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if x.sum() > 0:  # branch
            return self.linear(x)
        return x


class Eigen(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.inner = nn.Sequential(Eigenvalues())

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.inner(x)


class Eigenvalues(nn.Module):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.linalg.eigvals(x).real  # eigen


class Misfit(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.Linear(4, 4)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.linear(x[:, :3])  # misfit


class Hinted(Branches):
    example_input_array = torch.zeros(2, 4)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.linear(x)


class Named(nn.Module):
    def __init__(self, vocabulary: int = 10) -> None:
        super().__init__()
        self.embedding = nn.Embedding(vocabulary, 4)

    def forward(self, ids: torch.Tensor, mask: torch.Tensor | None = None) -> torch.Tensor:
        out = self.embedding(ids)
        return out if mask is None else out * mask.unsqueeze(-1)


def with_inputs() -> tuple[nn.Module, torch.Tensor]:
    return Hinted(), torch.zeros(3, 4)


def nothing() -> None:
    return None


INSTANCE = Hinted()
NUMBER = 3


class Chain:
    @staticmethod
    def make() -> nn.Module:
        return Hinted()
