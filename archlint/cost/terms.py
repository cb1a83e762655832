"""The terms of a family's fit: what a kernel's time is a non-negative sum of."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import ceil, log2, prod

from archlint.cost.kernel import Kernel
from archlint.cost.kind import Kind
from archlint.cost.machine import Machine

__all__ = ["TERMS", "coldness", "padded"]

_CONVS = frozenset({Kind.CONV, Kind.GROUP_CONV, Kind.DEPTHWISE})


def padded(channels: int, block: int) -> int:
    """Channels rounded up to whole blocks."""
    return ceil(channels / block) * block


def coldness(kernel: Kernel, machine: Machine) -> float:
    """The share of a kernel's weights that come from memory at each run, 0 to 1.

    In the log of the bytes in rotation it rises from a quarter of the last cache to twice it:
    so it was measured with products that rotate through 2 to 300 MB.
    """
    if not kernel.rotation or not machine.far:
        return 0.0
    return min(max(log2(4e6 * kernel.rotation / machine.far) / 3, 0.0), 1.0)


def _flops(kernel: Kernel, machine: Machine) -> float:
    """FLOPs at the widths that the kernel's path pads to."""
    if kernel.kind not in _CONVS or not kernel.path.startswith("nchwc"):
        return float(kernel.flops)
    c_out, c_in = padded(kernel.c_out, machine.block), kernel.c_in
    if kernel.kind is Kind.DEPTHWISE:
        return 2.0 * kernel.batch * prod(kernel.out_map) * c_out * prod(kernel.window)
    if kernel.path == "nchwc":
        c_in = padded(c_in, machine.block)
    return (
        2.0 * kernel.batch * prod(kernel.out_map) * c_out * (c_in // kernel.groups)
        * prod(kernel.window)
    )  # fmt: skip


def _lines(kernel: Kernel, machine: Machine) -> float:
    """Runs of the innermost loop: lines of the result, by blocks of it, by what each sums up."""
    lines = kernel.batch * prod(kernel.out_map[:-1])
    inputs = 1 if kernel.kind is Kind.DEPTHWISE else max(kernel.c_in // kernel.groups, 1)
    return lines * kernel.c_out / machine.block * inputs * prod(kernel.window)


def _farness(kernel: Kernel, machine: Machine) -> float:
    """The share of a kernel's activations that leave a core's own cache, 0 to 1."""
    if not machine.near or not kernel.activation_bytes:
        return 1.0
    return min(max(log2(2 * kernel.activation_bytes / machine.near) / 4, 0.0), 1.0)


def _fused(*ops: str) -> Callable[[Kernel, Machine], float]:
    def elements(kernel: Kernel, _: Machine) -> float:
        count = sum(op in ops for op in kernel.epilogue)
        return float(count * kernel.batch * prod(kernel.out_map) * kernel.c_out)

    return elements


TERMS: Mapping[str, Callable[[Kernel, Machine], float]] = {
    "launch": lambda _, __: 1.0,
    "launch cold": coldness,
    "flops": _flops,
    "bytes": lambda k, _: float(k.mac),
    "lines": _lines,
    "weights from cache": lambda k, m: k.weight_bytes * (1 - coldness(k, m)),
    "weights from memory": lambda k, m: k.weight_bytes * coldness(k, m),
    "activations near": lambda k, m: k.activation_bytes * (1 - _farness(k, m)),
    "activations far": lambda k, m: k.activation_bytes * _farness(k, m),
    "fused comparisons": _fused("Relu", "Clip", "LeakyRelu"),
    "fused functions": _fused("HardSigmoid", "HardSwish", "Sigmoid", "Tanh"),
}
"""By name: 1, FLOPs, bytes, loop runs or elements; a coefficient is seconds for each."""
