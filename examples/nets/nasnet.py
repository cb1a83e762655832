"""NASNet-A: Zoph, Vasudevan, Shlens, Le, "Learning Transferable Architectures for Scalable Image
Recognition", CVPR 2018.

The cells are those of figure 4.  With repeats=4 this is NASNet-A (4 @ 1056), "mobile", without
the auxiliary head; the example has two normal cells a stage.
"""

import torch
import torch.nn.functional as F  # noqa: N812, the name that PyTorch's own documents use
from torch import nn


def batch_norm(channels: int) -> nn.BatchNorm2d:
    return nn.BatchNorm2d(channels, eps=1e-3)


def average_pool(stride: int = 1) -> nn.AvgPool2d:
    return nn.AvgPool2d(3, stride, padding=1, count_include_pad=False)


def max_pool() -> nn.MaxPool2d:
    return nn.MaxPool2d(3, stride=2, padding=1)


class Squeeze(nn.Sequential):
    """ReLU, 1x1 convolution, batch-norm."""

    def __init__(self, in_channels: int, channels: int):
        super().__init__(
            nn.ReLU(), nn.Conv2d(in_channels, channels, 1, bias=False), batch_norm(channels)
        )


class FactorizedReduction(nn.Module):
    """Halve the map by two strided 1x1 convolutions, the second one pixel down and right."""

    def __init__(self, in_channels: int, channels: int):
        super().__init__()
        half = channels // 2
        self.relu = nn.ReLU()
        self.pool = nn.AvgPool2d(1, stride=2)
        self.conv1 = nn.Conv2d(in_channels, half, 1, bias=False)
        self.conv2 = nn.Conv2d(in_channels, channels - half, 1, bias=False)
        self.bn = batch_norm(channels)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.relu(x)
        shifted = F.pad(x, (0, 1, 0, 1))[:, :, 1:, 1:]
        out = torch.cat((self.conv1(self.pool(x)), self.conv2(self.pool(shifted))), dim=1)
        return self.bn(out)


class SeparableConv(nn.Sequential):
    """ReLU, depthwise, pointwise, batch-norm: twice, as the paper applies each separable conv."""

    def __init__(self, in_channels: int, channels: int, kernel_size: int, stride: int = 1):
        def depthwise(channels: int, stride: int) -> nn.Conv2d:
            return nn.Conv2d(
                channels,
                channels,
                kernel_size,
                stride,
                padding=kernel_size // 2,
                groups=channels,
                bias=False,
            )

        super().__init__(
            nn.ReLU(),
            depthwise(in_channels, stride),
            nn.Conv2d(in_channels, channels, 1, bias=False),
            batch_norm(channels),
            nn.ReLU(),
            depthwise(channels, stride=1),
            nn.Conv2d(channels, channels, 1, bias=False),
            batch_norm(channels),
        )


def fit(in_channels: int, channels: int, halve: bool) -> nn.Module:
    """Bring the output of the cell before the last to this cell's channels and map."""
    return FactorizedReduction(in_channels, channels) if halve else Squeeze(in_channels, channels)


class NormalCell(nn.Module):
    """Five blocks of two joined operations; all five and the cell's input are concatenated."""

    def __init__(self, prev_channels: int, in_channels: int, channels: int, halve_prev: bool):
        super().__init__()
        self.out_channels = 6 * channels
        self.fit_prev = fit(prev_channels, channels, halve_prev)
        self.squeeze = Squeeze(in_channels, channels)
        self.block0_left = SeparableConv(channels, channels, 5)
        self.block0_right = SeparableConv(channels, channels, 3)
        self.block1_left = SeparableConv(channels, channels, 5)
        self.block1_right = SeparableConv(channels, channels, 3)
        self.block2_left = average_pool()
        self.block3_left = average_pool()
        self.block3_right = average_pool()
        self.block4_left = SeparableConv(channels, channels, 3)

    def forward(self, x: torch.Tensor, prev: torch.Tensor) -> torch.Tensor:
        x, prev = self.squeeze(x), self.fit_prev(prev)
        block0 = self.block0_left(x) + self.block0_right(prev)
        block1 = self.block1_left(prev) + self.block1_right(prev)
        block2 = self.block2_left(x) + prev
        block3 = self.block3_left(prev) + self.block3_right(prev)
        block4 = self.block4_left(x) + x
        return torch.cat((prev, block0, block1, block2, block3, block4), dim=1)


class ReductionCell(nn.Module):
    """Five blocks of which the first two stages halve the map; four are concatenated.

    The first cell of the net takes `prev` as it is: `fit_prev` is None.
    """

    def __init__(
        self, prev_channels: int, in_channels: int, channels: int, fit_prev: nn.Module | None
    ):
        super().__init__()
        self.out_channels = 4 * channels
        self.fit_prev = nn.Identity() if fit_prev is None else fit_prev
        right = prev_channels if fit_prev is None else channels
        self.squeeze = Squeeze(in_channels, channels)
        self.block0_left = SeparableConv(channels, channels, 5, stride=2)
        self.block0_right = SeparableConv(right, channels, 7, stride=2)
        self.block1_left = max_pool()
        self.block1_right = SeparableConv(right, channels, 7, stride=2)
        self.block2_left = average_pool(stride=2)
        self.block2_right = SeparableConv(right, channels, 5, stride=2)
        self.block3_right = average_pool()
        self.block4_left = SeparableConv(channels, channels, 3)
        self.block4_right = max_pool()

    def forward(self, x: torch.Tensor, prev: torch.Tensor) -> torch.Tensor:
        x, prev = self.squeeze(x), self.fit_prev(prev)
        block0 = self.block0_left(x) + self.block0_right(prev)
        block1 = self.block1_left(x) + self.block1_right(prev)
        block2 = self.block2_left(x) + self.block2_right(prev)
        block3 = block1 + self.block3_right(block0)
        block4 = self.block4_left(block0) + self.block4_right(x)
        return torch.cat((block1, block2, block3, block4), dim=1)


class NASNet(nn.Module):
    """A stem convolution, two reduction cells, and three stages of `repeats` normal cells."""

    def __init__(
        self, repeats: int = 4, channels: int = 44, stem: int = 32, num_classes: int = 1000
    ):
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, stem, 3, stride=2, bias=False), batch_norm(stem))
        cells: list[NormalCell | ReductionCell] = []
        first = ReductionCell(stem, stem, channels // 4, fit_prev=None)
        cells.append(first)
        second_channels = channels // 2
        cells.append(
            ReductionCell(
                stem,
                first.out_channels,
                second_channels,
                fit_prev=fit(stem, second_channels, halve=True),
            )
        )
        for stage in range(3):
            width = channels * 2**stage
            if stage > 0:
                prev, last = cells[-2].out_channels, cells[-1].out_channels
                cells.append(ReductionCell(prev, last, width, fit(prev, width, halve=False)))
            for index in range(repeats):
                prev, last = cells[-2].out_channels, cells[-1].out_channels
                cells.append(NormalCell(prev, last, width, halve_prev=index == 0))
        self.cells = nn.ModuleList(cells)
        self.relu = nn.ReLU()
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.dropout = nn.Dropout()
        self.fc = nn.Linear(cells[-1].out_channels, num_classes)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = prev = self.stem(x)
        for cell in self.cells:
            x, prev = cell(x, prev), x
        x = self.pool(self.relu(x)).flatten(1)
        return self.fc(self.dropout(x))


def nasnet_a_mobile() -> NASNet:
    return NASNet(repeats=4)


def nasnet_a_small() -> NASNet:
    return NASNet(repeats=2)
