"""MobileNetV1: Howard et al., "MobileNets: Efficient Convolutional Neural Networks for Mobile
Vision Applications", 2017.
MobileNetV2: Sandler, Howard, Zhu, Zhmoginov, Chen, "MobileNetV2: Inverted Residuals and Linear
Bottlenecks", CVPR 2018.
"""

import torch
from torch import nn


class ConvBN(nn.Sequential):
    """Convolution and batch-norm, and the activation given, if any."""

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int = 1,
        stride: int = 1,
        groups: int = 1,
        activation: type[nn.Module] | None = None,
    ):
        super().__init__(
            nn.Conv2d(
                in_channels,
                out_channels,
                kernel_size,
                stride,
                padding=kernel_size // 2,
                groups=groups,
                bias=False,
            ),
            nn.BatchNorm2d(out_channels),
        )
        if activation is not None:
            self.append(activation(inplace=True))


class SeparableConv(nn.Module):
    """A 3x3 depthwise and a 1x1 convolution, each with batch-norm and ReLU."""

    def __init__(self, in_channels: int, out_channels: int, stride: int = 1):
        super().__init__()
        self.depthwise = ConvBN(
            in_channels, in_channels, 3, stride, groups=in_channels, activation=nn.ReLU
        )
        self.pointwise = ConvBN(in_channels, out_channels, activation=nn.ReLU)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.pointwise(self.depthwise(x))


class MobileNetV1(nn.Module):
    """A stem and thirteen separable convolutions (table 1 of the paper)."""

    # output channels and stride
    LAYERS = (
        (64, 1),
        (128, 2),
        (128, 1),
        (256, 2),
        (256, 1),
        (512, 2),
        *[(512, 1)] * 5,
        (1024, 2),
        (1024, 1),
    )

    def __init__(self, num_classes: int = 1000):
        super().__init__()
        self.stem = ConvBN(3, 32, 3, stride=2, activation=nn.ReLU)
        blocks = []
        in_channels = 32
        for out_channels, stride in self.LAYERS:
            blocks.append(SeparableConv(in_channels, out_channels, stride))
            in_channels = out_channels
        self.blocks = nn.Sequential(*blocks)
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.classifier = nn.Linear(in_channels, num_classes)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.classifier(self.pool(self.blocks(self.stem(x))).flatten(1))


class InvertedResidual(nn.Module):
    """1x1 expand, 3x3 depthwise, 1x1 linear project; a residual where the shapes allow."""

    def __init__(self, in_channels: int, out_channels: int, stride: int, expansion: int):
        super().__init__()
        width = in_channels * expansion
        self.expand = (
            ConvBN(in_channels, width, activation=nn.ReLU6) if expansion > 1 else nn.Identity()
        )
        self.depthwise = ConvBN(width, width, 3, stride, groups=width, activation=nn.ReLU6)
        self.project = ConvBN(width, out_channels)
        self.residual = stride == 1 and in_channels == out_channels

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        out = self.project(self.depthwise(self.expand(x)))
        return x + out if self.residual else out


class MobileNetV2(nn.Module):
    """A stem and seventeen inverted residuals (table 2 of the paper)."""

    # expansion, output channels, depth and stride
    STAGES = (
        (1, 16, 1, 1),
        (6, 24, 2, 2),
        (6, 32, 3, 2),
        (6, 64, 4, 2),
        (6, 96, 3, 1),
        (6, 160, 3, 2),
        (6, 320, 1, 1),
    )

    def __init__(self, num_classes: int = 1000):
        super().__init__()
        self.stem = ConvBN(3, 32, 3, stride=2, activation=nn.ReLU6)
        blocks = []
        in_channels = 32
        for expansion, out_channels, depth, stride in self.STAGES:
            for index in range(depth):
                blocks.append(
                    InvertedResidual(
                        in_channels, out_channels, stride if index == 0 else 1, expansion
                    )
                )
                in_channels = out_channels
        self.blocks = nn.Sequential(*blocks)
        self.head = ConvBN(in_channels, 1280, activation=nn.ReLU6)
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.classifier = nn.Sequential(nn.Dropout(0.2), nn.Linear(1280, num_classes))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.head(self.blocks(self.stem(x)))
        return self.classifier(self.pool(x).flatten(1))


def mobilenet_v1() -> MobileNetV1:
    return MobileNetV1()


def mobilenet_v2() -> MobileNetV2:
    return MobileNetV2()
