"""torch's functions for the operators that work element by element."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import torch
import torch.nn.functional as F  # noqa: N812 - the field's own name for it

from archlint.cost.kernels.ops import ELEMENTWISE, OPERANDS

__all__ = ["BINARY", "REDUCERS", "UNARY"]


def _quick_gelu(x: torch.Tensor) -> torch.Tensor:
    return x * torch.sigmoid(1.702 * x)


def _relu6(x: torch.Tensor) -> torch.Tensor:
    return torch.clamp(x, 0.0, 6.0)


def _threshold(x: torch.Tensor) -> torch.Tensor:
    return F.threshold(x, 1.0, 0.0)


_NAMESAKES = {op: op.lower() for op in ELEMENTWISE if op not in OPERANDS}

UNARY: Mapping[str, Callable[[torch.Tensor], torch.Tensor]] = {
    **{op: getattr(torch, name) for op, name in _NAMESAKES.items() if hasattr(torch, name)},
    "Relu": torch.relu,
    "Clip": _relu6,
    "LeakyRelu": F.leaky_relu,
    "Elu": F.elu,
    "Celu": F.celu,
    "Selu": torch.selu,
    "Shrink": F.hardshrink,
    "Sigmoid": torch.sigmoid,
    "HardSigmoid": F.hardsigmoid,
    "HardSwish": F.hardswish,
    "Gelu": F.gelu,
    "Tanh": torch.tanh,
    "Softplus": F.softplus,
    "Softsign": F.softsign,
    "Mish": F.mish,
    "SiLU": F.silu,
    "Swish": F.silu,
    "ThresholdedRelu": _threshold,
    "QuickGelu": _quick_gelu,
    "Not": torch.logical_not,
}
"""Of one tensor, with the parameters that networks use."""

BINARY: Mapping[str, Callable[[torch.Tensor, torch.Tensor], torch.Tensor]] = {
    "Add": torch.add,
    "Sum": torch.add,
    "Mean": torch.add,
    "Sub": torch.sub,
    "Mul": torch.mul,
    "Div": torch.div,
    "Pow": torch.pow,
    "Max": torch.maximum,
    "Min": torch.minimum,
    "Mod": torch.remainder,
    "Equal": torch.eq,
    "Greater": torch.gt,
    "GreaterOrEqual": torch.ge,
    "Less": torch.lt,
    "LessOrEqual": torch.le,
    "And": torch.logical_and,
    "Or": torch.logical_or,
    "Xor": torch.logical_xor,
}
"""Of two tensors; Sum, Mean, Max and Min of more are chains of these."""

Reducer = Callable[[torch.Tensor, list[int], bool], torch.Tensor]

REDUCERS: Mapping[str, Reducer] = {
    "ReduceMean": lambda x, dims, keep: torch.mean(x, dims, keepdim=keep),
    "ReduceSum": lambda x, dims, keep: torch.sum(x, dims, keepdim=keep),
    "ReduceMax": lambda x, dims, keep: torch.amax(x, dims, keepdim=keep),
    "ReduceMin": lambda x, dims, keep: torch.amin(x, dims, keepdim=keep),
    "ReduceL1": lambda x, dims, keep: torch.linalg.vector_norm(x, 1, dims, keepdim=keep),
    "ReduceL2": lambda x, dims, keep: torch.linalg.vector_norm(x, 2, dims, keepdim=keep),
    "ReduceLogSumExp": lambda x, dims, keep: torch.logsumexp(x, dims, keepdim=keep),
}
"""Of the dims given, kept as 1 or not."""
