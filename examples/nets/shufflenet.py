"""ShuffleNet: Zhang, Zhou, Lin, Sun, "ShuffleNet: An Extremely Efficient Convolutional Neural
Network for Mobile Devices", CVPR 2018.
ShuffleNet V2: Ma, Zhang, Zheng, Sun, "ShuffleNet V2: Practical Guidelines for Efficient CNN
Architecture Design", ECCV 2018.
"""

import torch
from torch import nn


def channel_shuffle(x: torch.Tensor, groups: int) -> torch.Tensor:
    """Channel i of every group, then channel i + 1 of every group, and so on."""
    batch, channels, height, width = x.shape
    x = x.view(batch, groups, channels // groups, height, width)
    return x.transpose(1, 2).reshape(batch, channels, height, width)


def conv1x1(in_channels: int, out_channels: int, groups: int = 1) -> nn.Conv2d:
    return nn.Conv2d(in_channels, out_channels, 1, groups=groups, bias=False)


def depthwise3x3(channels: int, stride: int) -> nn.Conv2d:
    return nn.Conv2d(channels, channels, 3, stride, padding=1, groups=channels, bias=False)


class Stem(nn.Sequential):
    """A 3x3 convolution and a 3x3 max-pool, both of stride 2."""

    def __init__(self, out_channels: int = 24):
        super().__init__(
            nn.Conv2d(3, out_channels, 3, stride=2, padding=1, bias=False),
            nn.BatchNorm2d(out_channels),
            nn.ReLU(inplace=True),
            nn.MaxPool2d(3, stride=2, padding=1),
        )


class ShuffleUnit(nn.Module):
    """1x1 group conv, channel shuffle, 3x3 depthwise conv, 1x1 group conv (figure 2 of V1).

    With stride 2 the unit's input, average-pooled, is concatenated in place of the residual add.
    The first unit of the net has too few input channels for a grouped first convolution.
    """

    def __init__(
        self, in_channels: int, out_channels: int, stride: int, groups: int, first: bool = False
    ):
        super().__init__()
        width = out_channels // 4
        branch_channels = out_channels - in_channels if stride == 2 else out_channels
        self.groups = groups
        self.conv1 = conv1x1(in_channels, width, groups=1 if first else groups)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = depthwise3x3(width, stride)
        self.bn2 = nn.BatchNorm2d(width)
        self.conv3 = conv1x1(width, branch_channels, groups=groups)
        self.bn3 = nn.BatchNorm2d(branch_channels)
        self.pool = nn.AvgPool2d(3, stride=2, padding=1) if stride == 2 else None
        self.relu = nn.ReLU(inplace=True)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        out = self.relu(self.bn1(self.conv1(x)))
        out = channel_shuffle(out, self.groups)
        out = self.bn2(self.conv2(out))
        out = self.bn3(self.conv3(out))
        if self.pool is None:
            return self.relu(x + out)
        return self.relu(torch.cat((self.pool(x), out), dim=1))


class ShuffleNetV1(nn.Module):
    """Three stages of shuffle units (table 1 of V1)."""

    WIDTHS = {  # noqa: RUF012, groups to the widths of the stages
        1: (144, 288, 576),
        2: (200, 400, 800),
        3: (240, 480, 960),
        4: (272, 544, 1088),
        8: (384, 768, 1536),
    }

    def __init__(
        self, groups: int = 3, depths: tuple[int, ...] = (4, 8, 4), num_classes: int = 1000
    ):
        super().__init__()
        self.stem = Stem()
        stages = []
        in_channels = 24
        for index, (depth, width) in enumerate(zip(depths, self.WIDTHS[groups], strict=True)):
            rest = [ShuffleUnit(width, width, 1, groups) for _ in range(depth - 1)]
            first = ShuffleUnit(in_channels, width, 2, groups, first=index == 0)
            stages.append(nn.Sequential(first, *rest))
            in_channels = width
        self.stages = nn.Sequential(*stages)
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Linear(in_channels, num_classes)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.fc(self.pool(self.stages(self.stem(x))).flatten(1))


class ShuffleUnitV2(nn.Module):
    """Split the channels, transform one half, concatenate, shuffle (figure 3c of V2)."""

    def __init__(self, channels: int):
        super().__init__()
        width = channels // 2
        self.branch = nn.Sequential(
            conv1x1(width, width),
            nn.BatchNorm2d(width),
            nn.ReLU(inplace=True),
            depthwise3x3(width, stride=1),
            nn.BatchNorm2d(width),
            conv1x1(width, width),
            nn.BatchNorm2d(width),
            nn.ReLU(inplace=True),
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        kept, changed = x.chunk(2, dim=1)
        return channel_shuffle(torch.cat((kept, self.branch(changed)), dim=1), groups=2)


class DownUnitV2(nn.Module):
    """Halve the map: both branches see all channels (figure 3d of V2)."""

    def __init__(self, in_channels: int, out_channels: int):
        super().__init__()
        width = out_channels // 2
        self.shortcut = nn.Sequential(
            depthwise3x3(in_channels, stride=2),
            nn.BatchNorm2d(in_channels),
            conv1x1(in_channels, width),
            nn.BatchNorm2d(width),
            nn.ReLU(inplace=True),
        )
        self.branch = nn.Sequential(
            conv1x1(in_channels, width),
            nn.BatchNorm2d(width),
            nn.ReLU(inplace=True),
            depthwise3x3(width, stride=2),
            nn.BatchNorm2d(width),
            conv1x1(width, width),
            nn.BatchNorm2d(width),
            nn.ReLU(inplace=True),
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return channel_shuffle(torch.cat((self.shortcut(x), self.branch(x)), dim=1), groups=2)


class ShuffleNetV2(nn.Module):
    """Three stages of V2 units and a wide 1x1 convolution (table 5 of V2)."""

    def __init__(
        self,
        depths: tuple[int, ...] = (4, 8, 4),
        widths: tuple[int, ...] = (116, 232, 464),
        num_classes: int = 1000,
    ):
        super().__init__()
        self.stem = Stem()
        stages = []
        in_channels = 24
        for depth, width in zip(depths, widths, strict=True):
            rest = [ShuffleUnitV2(width) for _ in range(depth - 1)]
            stages.append(nn.Sequential(DownUnitV2(in_channels, width), *rest))
            in_channels = width
        self.stages = nn.Sequential(*stages)
        self.head = nn.Sequential(
            conv1x1(in_channels, 1024), nn.BatchNorm2d(1024), nn.ReLU(inplace=True)
        )
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Linear(1024, num_classes)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.head(self.stages(self.stem(x)))
        return self.fc(self.pool(x).flatten(1))


def shufflenet_v1_g3() -> ShuffleNetV1:
    return ShuffleNetV1(groups=3)


def shufflenet_v2() -> ShuffleNetV2:
    return ShuffleNetV2()
