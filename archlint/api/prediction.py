"""What a model is predicted to take, and one against another."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import erf, log, sqrt

from archlint.api.document import Document, Rows
from archlint.cost.kernels.kernel import Kernel
from archlint.cost.pricing.price import Basis
from archlint.cost.pricing.sound import Z
from archlint.report.json_text import dumped, members
from archlint.report.units import figure, milliseconds, percent
from archlint.results.findings import OperatorTime, Unpriced
from archlint.results.shares import KindShare

__all__ = ["Comparison", "Prediction"]


@dataclass(frozen=True, slots=True, repr=False)
class Prediction(Document):
    """What a model takes on a target, in seconds, with its 10th and 90th percentile.

    `batch` is the one that is priced, None where no input has one, and `flops`, `mac_bytes` are of
    all of it.  `basis` is what the prediction rests on, `coverage` the share of priced operators,
    weighted by memory access, 0 to 1, and `unpriced` are the others.  `operators` are in the
    model's order, `kinds` dearest first.  `remarks` say what was done otherwise than usual, such
    as another batch.
    """

    model: str
    target: str
    batch: int | None
    seconds: float
    low: float
    high: float
    basis: Basis
    coverage: float
    unpriced: tuple[Unpriced, ...]
    flops: int
    mac_bytes: int
    parameters: int
    kinds: tuple[KindShare, ...]
    operators: tuple[OperatorTime, ...]
    remarks: tuple[str, ...]
    kernels: Mapping[Kernel, int] = field(default_factory=dict)

    @property
    def modules(self) -> dict[str, float]:
        """Seconds by module, each with all inside it; "" is the whole model."""
        found: dict[str, float] = {}
        for each in self.operators:
            parts = each.module.split(".") if each.module else []
            for count in range(len(parts) + 1):
                path = ".".join(parts[:count])
                found[path] = found.get(path, 0.0) + each.time
        return found

    def to_json(self) -> str:
        """All but the kernels, as JSON; times in seconds."""
        told = {name: each for name, each in members(self).items() if name != "kernels"}
        return dumped({**told, "modules": self.modules})

    def rows(self) -> Rows:
        """A line for each operator that takes time; times in ms."""
        return [
            {
                "operator": each.name,
                "op_type": each.op_type,
                "module": each.module,
                "kind": each.kind,
                "ms": each.time * 1e3,
                "share": each.share,
            }
            for each in self.operators
        ]

    def _said(self) -> str:
        band = f"{figure(self.low * 1e3)} to {figure(self.high * 1e3)}, {self.basis.value}"
        at = "" if self.batch is None else f" at batch {self.batch}"
        partly = "" if self.coverage > 0.9995 else f", {percent(self.coverage)} priced"
        return f"{self.model}: {milliseconds(self.seconds)} ({band}) on {self.target}{at}{partly}"


@dataclass(frozen=True, slots=True, repr=False)
class Comparison(Document):
    """The time of `a` over that of `b` on a target, with its 10th and 90th percentile.

    What both share is not uncertain in it.  `a_is_faster` is the probability of that, 0 to 1.
    """

    a: Prediction
    b: Prediction
    ratio: float
    low: float
    high: float
    basis: Basis

    @property
    def a_is_faster(self) -> float:
        """How likely `a` takes less time than `b`: errors are normal in the log of the ratio."""
        deviation = log(self.high / self.ratio) / Z
        if not deviation:
            return 0.5 if self.ratio == 1 else float(self.ratio < 1)
        return 0.5 * (1 - erf(log(self.ratio) / deviation / sqrt(2)))

    def to_json(self) -> str:
        """The figures, as JSON; times in seconds."""
        return dumped({**self.rows()[0], "basis": self.basis.value})

    def rows(self) -> Rows:
        """A line."""
        return [
            {
                "a": self.a.model,
                "b": self.b.model,
                "target": self.a.target,
                "a_seconds": self.a.seconds,
                "b_seconds": self.b.seconds,
                "ratio": self.ratio,
                "low": self.low,
                "high": self.high,
                "a_is_faster": self.a_is_faster,
            }
        ]

    def _said(self) -> str:
        band = f"{self.low:.3f} to {self.high:.3f}, {self.basis.value}"
        return (
            f"{self.a.model} takes {self.ratio:.3f} ({band}) of the time of {self.b.model} on "
            f"{self.a.target}; it is faster with a probability of {self.a_is_faster:.3f}"
        )
