"""The workloads of G4: what runs between dense convs.

1606 kernels: 260 depthwise convs, of 1x1 too, which is what becomes of a normalisation in a
blocked layout; 84 convs that an Add is fused into or not; 454 element-wise operators, several on
the same tensor, so that one activation can be compared with another; 134 normalisations; 674 of
data movement, which is in `movement_experiments.py`.  `PAPER` are the paper's.
"""

from __future__ import annotations

from math import prod

from archlint.cost.kernels.kernel import Kernel
from archlint.cost.kernels.kind import Kind
from archlint.cost.kernels.ops import OPERANDS
from archlint.measure.plan.experiment import Experiment
from archlint.measure.plan.low_discrepancy import Point
from archlint.measure.plan.sampling import (
    BATCHES,
    MAPS,
    MOST_FLOPS,
    PLAIN,
    SEED,
    aligned,
    conv,
    draw,
    feature_map,
    interleave,
    rounded,
    strided,
    token_rows,
    width,
)
from archlint.rules.g4_elementwise.movement_experiments import sample_movement

__all__ = ["EXPERIMENTS", "PAPER", "bottleneck", "sample"]

WINDOWS = {1: 3.0, 3: 11.0, 5: 5.0, 7: 3.0, 9: 0.6, 11: 0.4}

DEPTHWISE_EPILOGUES: dict[tuple[str, ...], float] = {
    (): 4.0, ("Relu",): 2.0, ("Clip",): 2.5, ("HardSwish",): 1.5,
}  # fmt: skip

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


def sample(seed: int) -> tuple[Experiment, ...]:
    """Kernels drawn with this seed; another one gives others of the same distribution."""
    return interleave(
        draw(seed, "depthwise conv", 180, _depthwise, filled=32),
        draw(seed, "scale", 40, _scale, filled=8),
        draw(seed, "fused add", 72, _fused_add, filled=12),
        draw(seed, "activation", 124, _activations, filled=32),
        draw(seed, "rare activation", 16, _rare_activations),
        draw(seed, "activation of rows", 40, _activations_of_rows, filled=16),
        draw(seed, "binary", 130, _binary, filled=24),
        draw(seed, "binary on rows", 44, _binary_on_rows, filled=16),
        draw(seed, "mask", 12, _mask),
        draw(seed, "normalisation", 110, _normalisation, filled=24),
        *sample_movement(seed),
    )


def _depthwise(point: Point) -> list[Kernel]:
    """One window, and often another one at equal FLOPs: fewer channels under a larger window."""
    sizes, share, side = point.pick(MAPS), point.coordinate(), point.pick(WINDOWS)
    epilogue = point.pick(DEPTHWISE_EPILOGUES)
    batch, stride = point.pick(BATCHES), point.pick({1: 3.0, 2: 1.0}) if side > 1 else 1
    area = batch * prod(strided(sizes, stride)) * side * side
    # depthwise convs are on the wide side of a block
    most = min(1.2 * width(share, sizes), MOST_FLOPS / (2.1 * area))
    channels = rounded(most, point.pick(PLAIN))
    found = [(channels, side)]
    if side > 1 and point.pick({True: 1.0, False: 1.0}):
        others: dict[int, float] = {each: 1.0 for each in (3, 5, 7) if each != side}
        other = point.pick(others)
        equal = channels * side * side / other**2
        number = round(equal / 4) * 4
        if 8 <= number <= 1536 and abs(number / equal - 1) < 0.03:
            found.append((number, other))
    return [
        conv(
            number, number, (window, window), sizes,
            stride=stride, batch=batch, groups=number, epilogue=epilogue,
        )
        for number, window in found
    ]  # fmt: skip


def _scale(point: Point) -> list[Kernel]:
    """A depthwise 1x1 conv, alone or with its activation."""
    channels, sizes, batch = feature_map(point)
    return [
        conv(channels, channels, (1, 1), sizes, batch=batch, groups=channels, epilogue=epilogue)
        for epilogue in point.pick({((),): 2.0, (("Relu",),): 2.0, ((), ("Relu",)): 1.0})
    ]


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


def _normalisation(point: Point) -> list[Kernel]:
    op = point.pick({"LayerNormalization": 5.0, "BatchNormalization": 3.0, "Skip": 2.0})
    if op == "BatchNormalization":
        channels, sizes, batch = feature_map(point)
    elif op == "LayerNormalization" and point.pick({True: 1.0, False: 2.0}):
        # over the channels of a map whose layout is NHWC: shape[1] is its height
        row, (height, across), batch = feature_map(point)
        channels, sizes = height, (across, aligned(row))
    else:
        channels, sizes, batch = token_rows(point, widest=2048)
    name = "SkipLayerNormalization" if op == "Skip" else op
    operands = OPERANDS.get(name, 1)
    return [
        Kernel(Kind.NORMALISATION, name, channels, channels, sizes, sizes, batch, operands=operands)
    ]


EXPERIMENTS = sample(SEED)


def bottleneck(channels: int, relu: bool, shortcut: bool, series: str) -> Experiment:
    """Ten ResNet bottleneck units on 56x56 maps (Ma et al. 2018, Table 4).

    `channels` is the outer width and a quarter of it the inner: with any wider reading the
    measured times would exceed the device's peak.  ReLU follows each conv, the last one the
    shortcut's Add where there is one.
    """
    inner = channels // 4
    act = " +Relu" if relu else ""
    last = "" if shortcut else act
    kernels = [
        f"10 Conv {channels}>{inner} k1x1 @56x56{act}",
        f"10 Conv {inner}>{inner} k3x3 @56x56{act}",
        f"10 Conv {inner}>{channels} k1x1 @56x56{last}",
    ]
    if shortcut:
        kernels.append(f"10 Add {channels} @56x56{act}")
    return Experiment("; ".join(kernels), f"bottleneck {series}")


PAPER = tuple(
    bottleneck(channels, relu, shortcut, f"c{channels}")
    for channels in (32, 64, 128)
    for relu in (True, False)
    for shortcut in (True, False)
)
