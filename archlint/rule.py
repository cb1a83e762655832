"""What a rule is: it looks at a model's kernels and prices, and names places or silences."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from archlint.cost.kernels.kernel import Kernel
from archlint.cost.lowering.lower import Lowered, PlacedKernel
from archlint.cost.pricer import Pricer
from archlint.cost.target import Target
from archlint.graph.model import Model
from archlint.graph.operator import Operator
from archlint.graph.rewrite import Rewrite
from archlint.graph.widths import Widths
from archlint.remedy import Remedy
from archlint.results.findings import Severity
from archlint.settings.options import OptionValue

if TYPE_CHECKING:
    from archlint.measure.plan.experiment import Workload
    from archlint.results.plot import Plot

__all__ = ["Choice", "Decision", "Limit", "Nature", "Option", "Place", "Rule", "Silence", "View"]


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

    def main(self, placed: PlacedKernel) -> Operator:
        """The operator that gives a kernel its kind."""
        return self.model.operators[placed.operators[0]]

    def readers(self, operator: int) -> tuple[Operator, ...]:
        """The operators that read what this one makes."""
        return tuple(self.model.operators[each] for each in self.model.after(operator))

    def sole_reader(self, operator: int) -> Operator | None:
        """The one operator that reads what this one makes; None if another or an output does."""
        readers = self.readers(operator)
        made = self.model.operators[operator].outputs
        is_output = any(tensor.name in self.model.outputs for tensor in made)
        return readers[0] if len(readers) == 1 and not is_output else None

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


class Nature(Enum):
    """What sort of alternative a place has.

    One that changes the design at equal FLOPs, one that computes the same in fewer or cheaper
    kernels, or the removal of something, which saves at most what it says: that is a cost and no
    advice, and a note unless the options say otherwise.
    """

    REDESIGN = "redesign"
    EXACT = "exact"
    UPPER_BOUND = "upper bound"


@dataclass(frozen=True, slots=True)
class Limit:
    """The highest severity that a place can have, and why."""

    severity: Severity
    reason: str


@dataclass(frozen=True, slots=True)
class Choice:
    """What else could stand at a place: in words, and all its kernels.

    It has about the FLOPs of now, or, `at_equal_time`, about the time.
    """

    text: str
    kernels: tuple[Kernel, ...]
    at_equal_time: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A spot where the rule has an alternative: the kernels now and instead.

    `operators` are the place, the telling one first.  `decision` is what one decision made:
    places that share it (and the rule) are one finding.  `kernels` are the numbers of the
    kernels now, in the lowered model, which `instead_kernels` would replace: the linter prices
    both.  `evidence` is a frozen dataclass of the rule, for JSON.  `module` is its path where
    that is not the one of the first operator that has one.  `remedy` is what the alternative
    changes, where that may be a local edit of the source.  `choices` are what there is to choose
    from, the alternative among them, and what the time of now would buy.  `rewrite` is the
    alternative itself, where it computes the same: `archlint verify` runs the whole model with it
    and compares.
    """

    operators: tuple[int, ...]
    decision: Decision
    summary: str
    advice: str
    now: str
    instead: str
    kernels: tuple[int, ...]
    instead_kernels: tuple[Kernel, ...]
    evidence: object = None
    module: str = ""
    nature: Nature = Nature.REDESIGN
    limit: Limit | None = None
    remedy: Remedy | None = None
    choices: tuple[Choice, ...] = ()
    rewrite: Rewrite | None = None


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
