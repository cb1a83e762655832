"""What a rule is: it looks at a model's kernels and prices, and names places or silences."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from archlint.cost.kernels.kernel import Kernel
from archlint.cost.lowering.lower import Lowered
from archlint.cost.pricer import Comparison, Pricer
from archlint.cost.target import Target
from archlint.graph.model import Model
from archlint.graph.widths import Widths
from archlint.remedy import Remedy
from archlint.results.findings import Severity
from archlint.settings.options import OptionValue

if TYPE_CHECKING:
    from archlint.measure.plan.experiment import Workload
    from archlint.results.plot import Plot

__all__ = ["Decision", "Option", "Place", "Rule", "Silence", "View"]


@dataclass(frozen=True, slots=True)
class Option:
    """An option of a rule: its default gives the type."""

    name: str
    default: OptionValue
    help: str


@dataclass(frozen=True, slots=True)
class View:
    """All that a rule may look at: one model on one target.  Nothing here can be changed."""

    model: Model
    target: Target
    lowered: Lowered
    pricer: Pricer
    widths: Widths
    total: float
    """The model's predicted time in seconds."""
    options: Mapping[str, OptionValue]

    def kernels(self, numbers: Iterable[int]) -> tuple[Kernel, ...]:
        """The kernels of these numbers."""
        return tuple(self.lowered.kernels[number].kernel for number in numbers)

    def repeats(self, place: Place) -> int:
        """How often what is now at a place runs in one run of the model."""
        return self.lowered.kernels[place.kernels[0]].repeats if place.kernels else 1

    def module_of(self, *operators: int) -> str:
        """The module path of the first of these operators that has one, or its name."""
        for index in operators:
            if self.model.operators[index].module:
                return self.model.operators[index].module
        return self.model.operators[operators[0]].name


@dataclass(frozen=True, slots=True)
class Decision:
    """What one decision of the architect made, and where: "width" of `blocks.*.expand`.

    `where` stands for a line of source, as near as names come to one; "" for a decision that is
    made once for the whole model.
    """

    what: str
    where: str = ""

    def __str__(self) -> str:
        return f"{self.what} {self.where}".rstrip()


@dataclass(frozen=True, slots=True)
class Place:
    """A spot where the rule's alternative is priced: the kernels now and instead.

    `operators` are the place, the telling one first.  `decision` is what one decision made:
    places that share it (and the rule) are one finding.  `evidence` is a frozen dataclass of
    the rule.  `kernels` are the numbers of the kernels now, in the lowered model, which
    `instead_kernels` would replace.  `limit` caps the severity and `limit_reason` says why.
    `remedy` is what the alternative changes, where that may be a local edit of the source.
    """

    operators: tuple[int, ...]
    module: str
    decision: Decision
    summary: str
    advice: str
    evidence: object
    now: str
    instead: str
    kernels: tuple[int, ...]
    instead_kernels: tuple[Kernel, ...]
    comparison: Comparison
    exact: bool = False
    upper_bound: bool = False
    limit: Severity = Severity.ERROR
    limit_reason: str = ""
    remedy: Remedy | None = None


@dataclass(frozen=True, slots=True)
class Silence:
    """Why the rule says nothing about an operator that it considered."""

    operators: tuple[int, ...]
    reason: str


class Rule(ABC):
    """A rule: pure.

    `page` is its docs page in Markdown, the text or the file, whose path may be relative to the
    rule's own; by default README.md in its package.  Workloads and plot are methods, so that a
    lint loads neither.
    """

    code: ClassVar[str]
    name: ClassVar[str]
    summary: ClassVar[str]
    options: ClassVar[tuple[Option, ...]] = ()
    page: ClassVar[str | Path | None] = None

    @abstractmethod
    def check(self, view: View) -> Iterator[Place | Silence]:
        """A place or a silence for each candidate of this rule."""

    @classmethod
    def workloads(cls) -> tuple[Workload, ...]:
        """What `archlint measure` times for it: the kernels that its prices rest on."""
        return ()

    @classmethod
    def plot(cls) -> Plot | None:
        """What `archlint rule --plot` draws."""
        return None
