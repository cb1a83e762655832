"""Element-wise operators, by themselves or fused: 300 kernels.

42 convs that an Add is fused into or not; 258 operators by themselves, several on the same tensor,
so that one activation can be compared with another.
"""

from __future__ import annotations

from archlint.cost.kernels.kernel import Kernel
from archlint.cost.kernels.kind import Kind
from archlint.cost.kernels.ops import OPERANDS
from archlint.measure.plan.experiment import Experiment
from archlint.measure.plan.low_discrepancy import Point
from archlint.measure.plan.sampling import aligned, conv, draw, feature_map, token_rows

__all__ = ["sample"]

ON_MAPS = {
    "Relu": 4.0, "Clip": 2.0, "Sigmoid": 3.0, "HardSigmoid": 2.0, "HardSwish": 3.0, "SiLU": 4.0,
    "Gelu": 2.0, "Tanh": 1.0, "LeakyRelu": 1.0, "PRelu": 0.5,
}  # fmt: skip

RARE_ON_MAPS = {"PRelu": 3.0, "LeakyRelu": 1.0, "Tanh": 1.0}

ON_ROWS = {
    "Gelu": 4.0, "Erf": 2.0, "Tanh": 2.0, "QuickGelu": 2.0, "SiLU": 1.0, "Sqrt": 1.5, "Relu": 1.0,
    "Sigmoid": 1.0, "Exp": 0.5, "Neg": 0.5, "Reciprocal": 0.5,
}  # fmt: skip

BINARY = {"Add": 7.0, "Mul": 4.0, "Sub": 1.0, "Div": 1.0, "Max": 0.3, "Min": 0.3}

OTHER_OPERAND = {"": 4.0, "by channel": 3.0, "scalar": 1.0}
"""What a binary operator on a map reads besides it: as large a tensor, a vector, a number."""


def sample(seed: int) -> tuple[list[Experiment], ...]:
    """Kernels drawn with this seed, by sort."""
    return (
        draw(seed, "fused add", 36, _fused_add, filled=6),
        draw(seed, "activation", 56, _activations, filled=14),
        draw(seed, "rare activation", 16, _rare_activations),
        draw(seed, "activation of rows", 24, _activations_of_rows, filled=8),
        draw(seed, "binary", 76, _binary, filled=14),
        draw(seed, "binary on rows", 28, _binary_on_rows, filled=10),
        draw(seed, "mask", 12, _mask),
    )


def _fused_add(point: Point) -> list[Kernel]:
    """The last conv of a block, with and without what it is added to."""
    channels, sizes, batch = feature_map(point)
    groups = point.pick({1: 4.0, 2: 0.5, 4: 0.5})
    c_out = max(channels // groups, 4) * groups
    c_in = max(aligned(c_out * point.pick({0.25: 1.0, 0.5: 1.0, 1.0: 2.0}) / groups), 8) * groups
    side = point.pick({1: 2.0, 3: 1.0})
    return [
        conv(c_in, c_out, (side, side), sizes, batch=batch, groups=groups, epilogue=epilogue)
        for epilogue in ((), ("Add",), ("Add", "Relu"))
    ]


def _pass(
    op: str, channels: int, sizes: tuple[int, ...], batch: int, operands: int = 0, path: str = ""
) -> Kernel:
    return Kernel(
        Kind.ELEMENTWISE, op, channels, channels, sizes, sizes, batch,
        operands=operands or OPERANDS.get(op, 1), path=path,
    )  # fmt: skip


def _activations(point: Point) -> list[Kernel]:
    return _several(point, *feature_map(point), ON_MAPS)


def _rare_activations(point: Point) -> list[Kernel]:
    return _several(point, *feature_map(point), RARE_ON_MAPS)


def _activations_of_rows(point: Point) -> list[Kernel]:
    return _several(point, *token_rows(point, widest=4096), ON_ROWS)


def _several(
    point: Point, channels: int, sizes: tuple[int, ...], batch: int, ops: dict[str, float]
) -> list[Kernel]:
    left, found = dict(ops), []
    for _ in range(point.pick({1: 1.0, 2: 2.0, 3: 1.0})):
        op = point.pick(left)
        del left[op]
        found.append(_pass(op, channels, sizes, batch))
    return found


def _binary(point: Point) -> list[Kernel]:
    channels, sizes, batch = feature_map(point)
    op, other = point.pick(BINARY), point.pick(OTHER_OPERAND)
    if op == "Add" and not other and point.pick({True: 1.0, False: 5.0}):
        return [_pass("Sum", channels, sizes, batch, point.pick({2: 1.0, 3: 2.0, 4: 1.0}))]
    return [_pass(op, channels, sizes, batch, 1 if other else 2, other)]


def _binary_on_rows(point: Point) -> list[Kernel]:
    channels, sizes, batch = token_rows(point, widest=3072)
    op = point.pick(BINARY | {"Pow": 1.0})
    other = point.pick({"": 4.0, "by row": 3.0, "scalar": 2.0}) if op != "Pow" else "scalar"
    return [_pass(op, channels, sizes, batch, 1 if other else 2, other)]


def _mask(point: Point) -> list[Kernel]:
    """What attention does about its mask: on heads x tokens x tokens."""
    _, (tokens,), batch = token_rows(point, widest=1024)
    op, heads = point.pick({"Where": 1.0, "IsNaN": 1.0}), point.pick({6: 1.0, 8: 1.0, 12: 2.0})
    tokens = min(tokens, 512)
    return [_pass(op, heads, (tokens, tokens), batch, 1)]
