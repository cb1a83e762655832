"""What a pass is, and a runtime's list of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from archlint.cost.kernels.kernel import Kernel
from archlint.cost.lowering.pass_graph import PassGraph, Step
from archlint.cost.lowering.runtime_rules import RuntimeRules

__all__ = ["KernelOfStep", "Pass", "PassList"]


class Pass(Protocol):
    """One thing that a runtime does to the whole graph; without data for it, it does nothing."""

    def __call__(self, graph: PassGraph, lowering: RuntimeRules, /) -> None:
        """Change the graph as the runtime does."""


class KernelOfStep(Protocol):
    """What a runtime's tables call the kernel of a step that is left after all passes."""

    def __call__(self, step: Step, lowering: RuntimeRules, /) -> Kernel | None:
        """The kernel, None for an operator type that none runs."""


@dataclass(frozen=True, slots=True)
class PassList:
    """The passes of a runtime in the order in which it applies them."""

    passes: tuple[Pass, ...]
    kernel_of: KernelOfStep
