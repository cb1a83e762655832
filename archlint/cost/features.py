"""The features of a kernel: where it stands among the measured ones, in octaves."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import log2, prod

from archlint.cost.kernel import Kernel
from archlint.cost.machine import Machine
from archlint.cost.terms import coldness, padded

__all__ = ["FEATURES", "PAPER_LENGTHS"]

_DEAR = frozenset({"HardSigmoid", "HardSwish", "Sigmoid", "Tanh"})


def _octaves(count: float) -> float:
    return log2(max(count, 1))


def _permutation(kernel: Kernel) -> tuple[list[int], tuple[int, ...]]:
    """A transposition's order and the shape that it reads; empty for other kernels."""
    if not kernel.path.startswith("perm "):
        return [], ()
    order = [int(each) for each in kernel.path.removeprefix("perm ").split("-")]
    shape = (kernel.batch, kernel.c_in, *kernel.in_map)[-len(order) :]
    if len(kernel.in_map) == 1:
        shape = (kernel.batch, kernel.in_map[0], kernel.c_in)
    return order, shape


def _run(kernel: Kernel, _: Machine) -> float:
    """The elements that a transposition copies in one go: the dims behind the last moved one."""
    order, shape = _permutation(kernel)
    kept, run = len(order), 1
    while kept and order[kept - 1] == kept - 1:
        kept -= 1
        run *= shape[kept]
    return _octaves(run)


def _jump(kernel: Kernel) -> int:
    """How far apart (elements) a transposition reads what it writes side by side."""
    order, shape = _permutation(kernel)
    moved = [at for at, dim in enumerate(order) if dim != at]
    return prod(shape[order[moved[-1]] + 1 :]) if moved else 1


def _conflict(jump: int) -> float:
    """How often a jump is divided by two: such rows meet in few sets of a cache."""
    return float(min((jump & -jump).bit_length() - 1, 8)) / 2


FEATURES: Mapping[str, Callable[[Kernel, Machine], float]] = {
    "in": lambda k, _: _octaves(k.c_in // k.groups),
    "out": lambda k, _: _octaves(k.c_out // k.groups),
    "groups": lambda k, _: log2(k.groups),
    "window": lambda k, _: _octaves(prod(k.window)),
    "positions": lambda k, _: _octaves(k.batch * prod(k.out_map)),
    "strides": lambda k, _: _octaves(prod(k.strides)),
    "batch": lambda k, _: log2(k.batch),
    "line": lambda k, _: _octaves(k.out_map[-1] if k.out_map else 1),
    "bytes": lambda k, _: _octaves(k.mac),
    "cold": lambda k, m: 2.0 * coldness(k, m),
    "fill": lambda k, m: 2.0 * log2(padded(k.c_out, 4 * m.block) / k.c_out),
    "add": lambda k, _: float("Add" in k.epilogue),
    "dear": lambda k, _: float(any(op in _DEAR for op in k.epilogue)),
    "cheap": lambda k, _: float(any(op not in _DEAR and op != "Add" for op in k.epilogue)),
    "growth": lambda k, _: 2.0 * log2(max(prod(k.out_map), 1) / max(prod(k.in_map), 1)),
    "operands": lambda k, _: log2(max(k.operands, 1)),
    "run": _run,
    "jump": lambda k, _: _octaves(_jump(k)),
    "conflict": lambda k, _: _conflict(_jump(k)),
}
"""Each in octaves, or in steps of like weight: channels a group in and out, groups, window,
positions of the result (map x batch), strides, batch, positions in a line, memory access, how
far its weights come from, how well its channels fill the vectors, what is fused, how much
larger the result's map is, tensors read, elements that a transposition moves in one go, how far
apart it reads, and how badly that falls on the sets of a cache."""

PAPER_LENGTHS = {
    "in": 2.0, "out": 2.0, "groups": 4.0, "window": 2.0, "positions": 4.0, "strides": 2.0,
}  # fmt: skip
"""Octaves over which the residual of a family fades whose target file gives no lengths."""
