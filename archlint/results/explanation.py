"""What `archlint explain` says about a model, as plain data: every operator, priced and judged."""

from __future__ import annotations

from dataclasses import dataclass, replace

from archlint.cost.pricing.bound import Bound
from archlint.cost.pricing.price import Basis
from archlint.results.findings import Variant
from archlint.results.shares import Sort

__all__ = [
    "ExplainedOperator",
    "ExplainedPlace",
    "ExplainedPrice",
    "ExplainedSilence",
    "ExplainedTarget",
    "Explanation",
]


@dataclass(frozen=True, slots=True)
class ExplainedTarget:
    """The whole model on one target; times in ms, `title` as in `TargetReport`.

    `peak_bytes` is the most memory that its activations hold at once, by `peak_at`, an operator;
    None where a shape is unknown.
    """

    target: str
    title: str
    ms: float
    low_ms: float
    high_ms: float
    peak_bytes: int | None = None
    peak_at: str = ""


@dataclass(frozen=True, slots=True)
class ExplainedPrice:
    """An operator's kernel on one target; `share` is of the model's predicted time, 0 to 1.

    `bound` is what most of the price pays for, None where the target's fit does not tell;
    `live_bytes` is what activations hold while it runs, None where a shape is unknown.
    """

    target: str
    ms: float
    low_ms: float
    high_ms: float
    basis: Basis
    share: float
    bound: Bound | None = None
    live_bytes: int | None = None


@dataclass(frozen=True, slots=True)
class ExplainedPlace:
    """A place of a rule on one target: what would change, and the slow-down with its percentiles.

    It `fired` if it is as slow as was asked for.
    """

    code: str
    target: str
    fired: bool
    operators: tuple[str, ...]
    module: str
    now: Variant
    instead: Variant
    slowdown: float
    slowdown_low: float
    slowdown_high: float
    basis: Basis
    upper_bound: bool


@dataclass(frozen=True, slots=True)
class ExplainedSilence:
    """Why a rule said nothing about an operator on one target."""

    code: str
    target: str
    reason: str


@dataclass(frozen=True, slots=True)
class ExplainedOperator:
    """One operator: its sizes, its kernel, what that costs, and what each rule says.

    `kernel` is what the operator lowers to ("fused into X", "view, free").  `weight_shape`,
    `groups` and `strides` are those of convs and products.  `flops` and `mac_bytes` are None
    without shapes.  `prices` leaves out the targets that have no price for the kernel, and
    `parameters` counts the elements of its constants.
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
    rules: tuple[ExplainedPlace | ExplainedSilence, ...]
    parameters: int = 0

    def most(self, sort: Sort) -> float:
        """How much it has of this, on the target where it has most; 0 where that is not known."""
        if sort is Sort.TIME:
            return max((price.share for price in self.prices), default=0.0)
        return (self.flops if sort is Sort.FLOPS else self.mac_bytes) or 0


@dataclass(frozen=True, slots=True)
class Explanation:
    """A model, or the operators of it that were asked for, in topological order."""

    path: str
    predicted: tuple[ExplainedTarget, ...]
    operators: tuple[ExplainedOperator, ...]

    def dearest(self, sort: Sort, count: int | None) -> Explanation:
        """The same with the dearest operators alone, so many or all, dearest first."""
        ordered = sorted(self.operators, key=lambda each: -each.most(sort))
        return replace(self, operators=tuple(ordered[:count]))
