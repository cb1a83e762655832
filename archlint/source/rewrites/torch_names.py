"""What PyTorch calls the activations of ONNX, and the arguments of what it constructs."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

__all__ = ["CLASSES", "FUNCTIONS", "POSITIONS"]

_CLASSES = {
    "Celu": ("CELU",),
    "Clip": ("ReLU6", "Hardtanh"),
    "Elu": ("ELU",),
    "Gelu": ("GELU",),
    "HardSigmoid": ("Hardsigmoid",),
    "HardSwish": ("Hardswish",),
    "LeakyRelu": ("LeakyReLU",),
    "Mish": ("Mish",),
    "PRelu": ("PReLU",),
    "Relu": ("ReLU",),
    "Selu": ("SELU",),
    "SiLU": ("SiLU",),
    "Sigmoid": ("Sigmoid",),
    "Softplus": ("Softplus",),
    "Softsign": ("Softsign",),
    "Tanh": ("Tanh",),
}
_ALIKE = {"Swish": "SiLU"}
_NAMES = {"LeakyRelu": "leaky_relu"}

CLASSES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    _CLASSES | {name: _CLASSES[same] for name, same in _ALIKE.items()}
)
"""Classes of torch.nn by the ONNX operator or composite that they export to."""

FUNCTIONS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        kind: tuple(_NAMES.get(kind, each.lower()) for each in classes)
        for kind, classes in CLASSES.items()
    }
)
"""The same as functions of torch.nn.functional or torch, and methods of a tensor."""

_CONV = ("in_channels", "out_channels", "kernel_size", "stride", "padding", "dilation", "groups")

POSITIONS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        **{f"Conv{rank}d": _CONV for rank in (1, 2, 3)},
        **{f"{kind}Pool{rank}d": ("kernel_size", "stride", "padding")
           for kind in ("Avg", "Max") for rank in (1, 2, 3)},
        "BatchNorm2d": ("num_features",),
        "Linear": ("in_features", "out_features"),
        "CELU": ("alpha", "inplace"),
        "ELU": ("alpha", "inplace"),
        "Hardsigmoid": ("inplace",),
        "Hardswish": ("inplace",),
        "Hardtanh": ("min_val", "max_val", "inplace"),
        "LeakyReLU": ("negative_slope", "inplace"),
        "Mish": ("inplace",),
        "ReLU": ("inplace",),
        "ReLU6": ("inplace",),
        "SELU": ("inplace",),
        "SiLU": ("inplace",),
    }
)  # fmt: skip
"""Names of the first arguments of torch.nn's constructors."""
