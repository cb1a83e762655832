from torch import nn

from ..parts import Block

__all__ = ["Block", "starred"]


def starred(channels: int) -> nn.Module:
    return Block(channels)
