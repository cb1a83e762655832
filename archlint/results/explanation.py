"""What `archlint explain` says about a model, as plain data: every operator, priced and judged."""

from __future__ import annotations

from dataclasses import dataclass

from archlint.cost.pricing.price import Basis

__all__ = [
    "ExplainedOperator",
    "ExplainedPrice",
    "ExplainedTarget",
    "Explanation",
    "Reason",
]


@dataclass(frozen=True, slots=True)
class ExplainedTarget:
    """The whole model on one target; times in ms, `title` as in `TargetReport`."""

    target: str
    title: str
    ms: float
    low_ms: float
    high_ms: float


@dataclass(frozen=True, slots=True)
class ExplainedPrice:
    """An operator's kernel on one target; `share` is of the model's predicted time, 0 to 1."""

    target: str
    ms: float
    low_ms: float
    high_ms: float
    basis: Basis
    share: float


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a rule fired at an operator or stayed silent there."""

    code: str
    fired: bool
    reason: str


@dataclass(frozen=True, slots=True)
class ExplainedOperator:
    """One operator: its sizes, its kernel, what that costs, and what each rule says.

    `kernel` is what the operator lowers to ("fused into X", "view, free").  `weight_shape`,
    `groups` and `strides` are those of convs and products.  `flops` and `mac_bytes` are None
    without shapes.  `prices` leaves out the targets that have no price for the kernel.
    """

    name: str
    op_type: str
    module: str
    input_shapes: tuple[tuple[int, ...] | None, ...]
    output_shapes: tuple[tuple[int, ...] | None, ...]
    weight_shape: tuple[int, ...] | None
    groups: int | None
    strides: tuple[int, ...] | None
    flops: int | None
    mac_bytes: int | None
    kernel: str
    prices: tuple[ExplainedPrice, ...]
    rules: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class Explanation:
    """A model, or the operators of it that were asked for, in topological order."""

    path: str
    predicted: tuple[ExplainedTarget, ...]
    operators: tuple[ExplainedOperator, ...]
