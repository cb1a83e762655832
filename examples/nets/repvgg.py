"""RepVGG: Ding, Zhang, Ma, Han, Ding, Sun, "RepVGG: Making VGG-style ConvNets Great Again",
CVPR 2021. Three branches while training; one 3x3 convolution once deployed.
"""

import copy

import torch
import torch.nn.functional as F  # noqa: N812, the name that PyTorch's own documents use
from torch import nn


def conv_bn(in_channels: int, out_channels: int, kernel_size: int, stride: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(
            in_channels, out_channels, kernel_size, stride, padding=kernel_size // 2, bias=False
        ),
        nn.BatchNorm2d(out_channels),
    )


def affine(bn: nn.BatchNorm2d) -> tuple[torch.Tensor, torch.Tensor]:
    """The scale and the offset, per channel, that a batch-norm in eval mode applies."""
    scale = bn.weight / torch.sqrt(bn.running_var + bn.eps)
    return scale, bn.bias - bn.running_mean * scale


class RepVGGBlock(nn.Module):
    """3x3 conv-bn + 1x1 conv-bn + identity bn, then ReLU; the identity needs equal shapes."""

    def __init__(self, in_channels: int, out_channels: int, stride: int = 1):
        super().__init__()
        self.dense = conv_bn(in_channels, out_channels, 3, stride)
        self.pointwise = conv_bn(in_channels, out_channels, 1, stride)
        self.identity = (
            nn.BatchNorm2d(out_channels) if stride == 1 and in_channels == out_channels else None
        )
        self.relu = nn.ReLU(inplace=True)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        out = self.dense(x) + self.pointwise(x)
        if self.identity is not None:
            out = out + self.identity(x)
        return self.relu(out)

    @torch.no_grad()
    def deploy(self) -> nn.Sequential:
        """The same function as one 3x3 convolution and a ReLU (section 3.3 of the paper)."""
        conv, bn = self.dense
        scale, bias = affine(bn)
        kernel = conv.weight * scale[:, None, None, None]

        pointwise, bn = self.pointwise
        scale, offset = affine(bn)
        kernel += F.pad(pointwise.weight * scale[:, None, None, None], (1, 1, 1, 1))
        bias += offset

        if self.identity is not None:
            scale, offset = affine(self.identity)
            kernel[:, :, 1, 1] += torch.diag(scale)
            bias += offset

        merged = nn.Conv2d(conv.in_channels, conv.out_channels, 3, conv.stride, padding=1)
        merged.weight.copy_(kernel)
        merged.bias.copy_(bias)
        return nn.Sequential(merged, nn.ReLU(inplace=True)).train(self.training)


class RepVGG(nn.Module):
    """Five stages; the first block of each halves the map."""

    def __init__(
        self,
        depths: tuple[int, ...] = (1, 2, 4, 14, 1),
        widths: tuple[int, ...] = (48, 48, 96, 192, 1280),
        num_classes: int = 1000,
    ):
        super().__init__()
        stages = []
        in_channels = 3
        for depth, width in zip(depths, widths, strict=True):
            rest = [RepVGGBlock(width, width) for _ in range(depth - 1)]
            stages.append(nn.Sequential(RepVGGBlock(in_channels, width, stride=2), *rest))
            in_channels = width
        self.stages = nn.Sequential(*stages)
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.linear = nn.Linear(in_channels, num_classes)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.linear(self.pool(self.stages(x)).flatten(1))

    def deploy(self) -> "RepVGG":
        """A copy with every block merged; the same function in eval mode."""
        deployed = copy.deepcopy(self)
        for stage in deployed.stages:
            for index, block in enumerate(stage):
                stage[index] = block.deploy()
        return deployed


def repvgg_a0() -> RepVGG:
    return RepVGG()


def repvgg_a0_deployed() -> RepVGG:
    return RepVGG().deploy()
