"""What networks run whose all stays in a core's own cache: 420 kernels.

A kernel of a few thousand elements takes 0.3 to 1 us there, and 2 to 5 us where what it needs
has left that cache since it last ran.  One in four is measured there too.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from math import prod

from archlint.cost.kernels.kernel import Kernel
from archlint.cost.kernels.kind import Kind
from archlint.cost.kernels.ops import OPERANDS
from archlint.measure.plan.experiment import CORE, Experiment
from archlint.measure.plan.low_discrepancy import Point
from archlint.measure.plan.sampling import EPILOGUES, aligned, conv, draw, strided

__all__ = ["sample"]

Map = tuple[int, ...]

ROWS = {1: 2.0, 4: 1.0, 8: 2.0, 16: 3.0, 32: 3.0, 64: 2.0}
MAPS: Mapping[Map, float] = {(1, 1): 1.0, (4, 4): 1.0, (7, 7): 2.0, (8, 8): 1.0, (14, 14): 1.0}
HEADS = {2: 1.0, 4: 2.0, 8: 1.0}

ON_ROWS = {
    "Add": 6.0, "Mul": 4.0, "Gelu": 2.0, "Sigmoid": 1.0, "Tanh": 1.0, "Relu": 1.0, "Erf": 1.0,
    "Sqrt": 1.0, "Pow": 1.0, "Sub": 1.0, "Div": 1.0, "Reciprocal": 1.0, "SiLU": 1.0, "Neg": 1.0,
    "Cos": 0.5, "Sin": 0.5,
}  # fmt: skip
ON_MAPS = {
    "Relu": 2.0, "Add": 3.0, "Mul": 2.0, "SiLU": 1.0, "Sigmoid": 1.0, "HardSwish": 1.0,
    "HardSigmoid": 1.0, "Clip": 1.0, "Gelu": 1.0,
}  # fmt: skip

EVERY = 4
"""One in so many runs from the last cache instead, to tell the two apart."""


def sample(seed: int) -> tuple[list[Experiment], ...]:
    """Kernels drawn with this seed, by sort."""
    return tuple(
        _near(draw(seed, f"small {name}", count, make, only))
        for name, count, make, only in (
            ("product", 60, _product, ""),
            ("attention", 24, _attention, ""),
            ("conv", 72, _conv, ""),
            ("function of rows", 60, _on_rows, ""),
            ("function of maps", 36, _on_maps, ""),
            ("normalisation", 24, _normalisation, ""),
            ("softmax", 12, _softmax, ""),
            ("transpose", 24, _transpose, ""),
            ("movement", 48, _movement, ""),
            ("reorder", 16, _reorder, "blocked"),
            ("reduction", 16, _reduction, ""),
            ("pool", 12, _pool, ""),
            ("view", 16, _view, ""),
        )
    )


def _near(experiments: list[Experiment]) -> list[Experiment]:
    return [
        replace(each, rotation=CORE if at % EVERY else 0) for at, each in enumerate(experiments)
    ]


def _rows(point: Point) -> tuple[int, Map]:
    """Channels and rows of a tensor of tokens."""
    rows = point.pick(ROWS)
    return aligned(point.between(8, min(256, 8192 / rows))), (rows,) if rows > 1 else ()


def _map(point: Point) -> tuple[int, Map]:
    """Channels and size of a map."""
    sizes = point.pick(MAPS)
    return aligned(point.between(8, min(256, 12288 / (sizes[0] * sizes[1])))), sizes


def _of(
    kind: Kind, op: str, channels: int, sizes: Map, path: str = "", operands: int = 0
) -> Kernel:
    operands = operands or OPERANDS.get(op, 1)
    return Kernel(kind, op, channels, channels, sizes, sizes, operands=operands, path=path)


def _product(point: Point) -> list[Kernel]:
    rows, c_in = point.pick(ROWS), aligned(point.between(8, 256))
    c_out = aligned(c_in * point.pick({1.0: 4.0, 4.0: 1.0, 0.25: 1.0, 2.0: 1.0}))
    sizes = (rows,) if rows > 1 else ()
    return [Kernel(Kind.PRODUCT, "MatMul", c_in, min(c_out, 8192 // c_in * 4), sizes, sizes)]


def _attention(point: Point) -> list[Kernel]:
    tokens, head = point.pick({7: 1, 8: 1, 16: 3, 32: 2, 64: 1}), point.pick({8: 2, 16: 2, 32: 1})
    c_in, c_out = point.pick({(head, tokens): 1.0, (tokens, head): 1.0})
    batch = point.pick(HEADS)
    return [
        Kernel(
            Kind.PRODUCT, "MatMul", c_in, c_out, (tokens,), (tokens,), batch, constant=False
        )
    ]  # fmt: skip


def _conv(point: Point) -> list[Kernel]:
    c_in, sizes = _map(point)
    c_in = min(c_in, 96)
    sort = point.pick({"1x1": 3.0, "3x3": 1.5, "depthwise": 2.0, "groups": 0.5, "stem": 0.5})
    side = 3 if sort in ("3x3", "depthwise", "stem") else 1
    groups = {"depthwise": c_in, "groups": 2}.get(sort, 1)
    c_in = 3 if sort == "stem" else c_in
    c_out = c_in if sort == "depthwise" else aligned(point.between(8, 64))
    stride = point.pick({1: 4.0, 2: 1.0})
    epilogue = point.pick(EPILOGUES)
    return [conv(c_in, c_out, (side, side), sizes, stride=stride, groups=groups, epilogue=epilogue)]


def _on_rows(point: Point) -> list[Kernel]:
    channels, sizes = _rows(point)
    return [_function(point, channels, sizes, ON_ROWS, "by row")]


def _on_maps(point: Point) -> list[Kernel]:
    channels, sizes = _map(point)
    return [_function(point, channels, sizes, ON_MAPS, "by channel")]


def _function(
    point: Point, channels: int, sizes: Map, ops: Mapping[str, float], vector: str
) -> Kernel:
    op = point.pick(ops)
    if op == "Pow":
        return _of(Kind.ELEMENTWISE, op, channels, sizes, "scalar", operands=1)
    if OPERANDS.get(op, 1) == 1:
        return _of(Kind.ELEMENTWISE, op, channels, sizes)
    other = point.pick({"": 3.0, vector: 2.0, "scalar": 1.0})
    return _of(Kind.ELEMENTWISE, op, channels, sizes, other, operands=1 if other else 2)


def _normalisation(point: Point) -> list[Kernel]:
    channels, sizes = _rows(point)
    op = point.pick(
        {"LayerNormalization": 2.0, "SkipLayerNormalization": 2.0, "RMSNormalization": 1}
    )
    return [_of(Kind.NORMALISATION, op, channels, sizes)]


def _softmax(point: Point) -> list[Kernel]:
    tokens = point.pick({7: 1.0, 8: 1.0, 16: 3.0, 32: 2.0, 64: 1.0})
    return [_of(Kind.SOFTMAX, "Softmax", point.pick(HEADS), (tokens, tokens))]


def _transpose(point: Point) -> list[Kernel]:
    """Of heads mostly, and of rows or maps."""
    perm = point.pick(
        {"0-2-1-3": 4.0, "0-2-3-1": 1.0, "0-1-3-2": 1.0, "0-2-1": 1.0, "0-3-1-2": 1.0}
    )
    tokens, heads, head = point.pick(ROWS), point.pick(HEADS), point.pick({8: 1, 16: 1, 32: 1})
    sizes: Map = (tokens * 2,) if perm == "0-2-1" else (heads, head)
    return [_of(Kind.MOVEMENT, "Transpose", tokens * 2, sizes, f"perm {perm}")]


def _movement(point: Point) -> list[Kernel]:
    op = point.pick(
        {"Concat": 3.0, "Split": 2.0, "Slice": 2.0, "Gather": 2.0, "Cast": 1, "Expand": 1}
    )
    on_rows = point.pick({True: 2.0, False: 1.0})
    channels, sizes = _rows(point) if on_rows or op in ("Gather", "Expand") else _map(point)
    path = "by row" if on_rows and op in ("Concat", "Split", "Slice") else ""
    if op == "Concat":
        joined = _of(Kind.MOVEMENT, op, channels, sizes, path, operands=2)
        return [joined._replace(c_out=2 * channels)]
    made = _of(Kind.MOVEMENT, op, channels, sizes, path)
    return [made._replace(itemsize=1) if op == "Cast" else made]


def _reorder(point: Point) -> list[Kernel]:
    channels, sizes = _map(point)
    op = point.pick({"ReorderInput": 1.0, "ReorderOutput": 1.0})
    return [_of(Kind.MOVEMENT, op, channels, sizes)]


def _reduction(point: Point) -> list[Kernel]:
    if point.pick({True: 1.0, False: 1.0}):
        channels, rows = _rows(point)
        op = point.pick({"ReduceMean": 3.0, "ReduceSum": 1.0})
        return [Kernel(Kind.REDUCTION, op, channels, prod(rows), rows, (), path="row")]
    channels, sizes = _map(point)
    op = point.pick({"GlobalAveragePool": 2.0, "ReduceMean": 1.0})
    path = "map" if op == "ReduceMean" else ""
    return [Kernel(Kind.REDUCTION, op, channels, channels, sizes, (), path=path)]


def _pool(point: Point) -> list[Kernel]:
    channels, sizes = _map(point)
    side, stride = point.pick({(3, 2): 2.0, (2, 2): 2.0, (3, 1): 1.0})
    op, out = point.pick({"MaxPool": 1.0, "AveragePool": 1.0}), strided(sizes, stride)
    return [
        Kernel(Kind.POOL, op, channels, channels, sizes, out, 1, (side, side), (stride, stride))
    ]


def _view(point: Point) -> list[Kernel]:
    channels, sizes = _rows(point)
    return [_of(Kind.VIEW, "Reshape", channels, sizes)]
