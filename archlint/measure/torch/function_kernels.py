"""Calls of torch for whole functions: recurrences, contractions, sampling, scans."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import prod

import torch
import torch.nn.functional as F  # noqa: N812 - the field's own name for it

from archlint.cost.kernels.kernel import BOTH_WAYS, Kernel
from archlint.measure.plan.contraction import axis_sizes
from archlint.measure.torch.tensors import Call, NoCallError, Tensors, in_shape

__all__ = ["FUNCTIONS"]

_LAYERS = {"LSTM": torch.nn.LSTM, "GRU": torch.nn.GRU, "RNN": torch.nn.RNN}


def _recurrence(kernel: Kernel, tensors: Tensors) -> Call:
    (steps,) = kernel.in_map
    layer = _LAYERS[kernel.op](
        kernel.c_in, kernel.c_out, bidirectional=kernel.path == BOTH_WAYS,
        device=tensors.device, dtype=tensors.dtype,
    ).eval()  # fmt: skip
    tensors.weight_bytes += kernel.weight_bytes
    return Call(lambda x: layer(x)[0], (tensors.activation(steps, kernel.batch, kernel.c_in),))


def _grid_sample(kernel: Kernel, tensors: Tensors) -> Call:
    mode, *rest = kernel.path.split(" ")
    beyond = next((each for each in rest if each in ("border", "reflection")), "zeros")
    grid = tensors.activation(kernel.batch, *kernel.out_map, len(kernel.out_map))
    name = {"linear": "bilinear", "cubic": "bicubic"}.get(mode, mode)
    return Call(
        lambda x: F.grid_sample(x, grid, name, beyond, False),
        (tensors.activation(kernel.batch, kernel.c_in, *kernel.in_map),),
    )


def _einsum(kernel: Kernel, tensors: Tensors) -> Call:
    left, right, _ = axis_sizes(kernel)
    equation = kernel.path.replace(">", "->")
    second = tensors.weights(*right) if kernel.constant else tensors.activation(*right)
    return Call(lambda x: torch.einsum(equation, x, second), (tensors.activation(*left),))


def _local_norm(kernel: Kernel, tensors: Tensors) -> Call:
    size = kernel.window[0]
    source = tensors.activation(kernel.batch, kernel.c_in, *kernel.in_map)
    return Call(lambda x: F.local_response_norm(x, size), (source,))


def _attention(kernel: Kernel, tensors: Tensors) -> Call:
    """Heads first, as torch's own function has them."""
    words, shared = kernel.path.split(" "), kernel.batch // kernel.groups
    if "rows" in words:
        raise NoCallError(kernel.text)
    rows, keys = prod(kernel.out_map), prod(kernel.in_map)
    inputs = (
        tensors.activation(1, kernel.batch, rows, kernel.c_in),
        tensors.activation(1, shared, keys, kernel.c_in),
        tensors.activation(1, shared, keys, kernel.c_out),
    )
    mask = tensors.weights(rows, keys) if "masked" in words else None
    causal, grouped = "causal" in words, kernel.groups > 1
    return Call(
        lambda q, k, v: F.scaled_dot_product_attention(
            q, k, v, mask, is_causal=causal, enable_gqa=grouped
        ),
        inputs,
    )


def _scan(kernel: Kernel, tensors: Tensors) -> Call:
    function = torch.cumsum if kernel.op == "CumSum" else torch.cumprod
    return Call(lambda x: function(x, -1), (tensors.activation(*in_shape(kernel)),))


FUNCTIONS: Mapping[str, Callable[[Kernel, Tensors], Call]] = {
    "Attention": _attention,
    "CumProd": _scan,
    "CumSum": _scan,
    "Einsum": _einsum,
    "GRU": _recurrence,
    "GridSample": _grid_sample,
    "LRN": _local_norm,
    "LSTM": _recurrence,
    "RNN": _recurrence,
}
"""By operator type."""
