"""What a model itself says of its inputs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import nn

from archlint.source.export.failure import Failure

__all__ = ["hinted_inputs"]

_Inputs = tuple[Any, ...] | Mapping[str, Any]


def hinted_inputs(module: nn.Module) -> tuple[_Inputs, str]:
    """Inputs with a remark that says what they were taken from; raises Failure without any."""
    for find in (_of_example, _of_timm, _of_transformers):
        found = find(module)
        if found is not None:
            inputs, source = found
            return inputs, f"the inputs are those of {source}: {_described(inputs)}"
    raise Failure("what does it take? give --input, such as --input 1x3x224x224")


def _of_example(module: nn.Module) -> tuple[_Inputs, str] | None:
    """Lightning's example_input_array: a tensor, a tuple or a dict."""
    found = getattr(module, "example_input_array", None)
    if isinstance(found, torch.Tensor):
        return (torch.zeros_like(found),), "example_input_array"
    if isinstance(found, Mapping) and found:
        return found, "example_input_array"
    if isinstance(found, (tuple, list)) and found:
        return tuple(found), "example_input_array"
    return None


def _of_timm(module: nn.Module) -> tuple[_Inputs, str] | None:
    for name in ("pretrained_cfg", "default_cfg"):
        config = getattr(module, name, None)
        size = config.get("input_size") if isinstance(config, Mapping) else None
        if isinstance(size, (tuple, list)) and all(isinstance(each, int) for each in size):
            return (torch.zeros(1, *size),), f'{name}["input_size"]'
    return None


def _of_transformers(module: nn.Module) -> tuple[_Inputs, str] | None:
    name = getattr(module, "main_input_name", None)
    config = getattr(module, "config", None)
    if name == "pixel_values":
        size, channels = getattr(config, "image_size", None), getattr(config, "num_channels", 3)
        sizes = size if isinstance(size, (tuple, list)) else (size, size)
        if all(isinstance(each, int) for each in (*sizes, channels)):
            return {name: torch.zeros(1, channels, *sizes)}, "config.image_size"
        return None
    found = getattr(module, "dummy_inputs", None)
    if name == "input_ids" and isinstance(found, Mapping) and name in found:
        return found, "dummy_inputs"
    return None


def _described(inputs: _Inputs) -> str:
    named = inputs.items() if isinstance(inputs, Mapping) else (("", each) for each in inputs)
    texts = []
    for name, each in named:
        if isinstance(each, torch.Tensor):
            sizes = ",".join(map(str, each.shape))
            texts.append(f"{name and name + '='}{str(each.dtype).removeprefix('torch.')}[{sizes}]")
        else:
            texts.append(f"{name and name + '='}{type(each).__name__}")
    return " ".join(texts)
