"""What a lint run reports, as plain data: every output format prints these and nothing else."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from operator import attrgetter

from archlint.cost.kernels.kernel import Kernel
from archlint.cost.pricing.bound import Bound
from archlint.cost.pricing.price import Basis
from archlint.cost.pricing.sound import check_band, check_finite
from archlint.graph.model import ModelInput
from archlint.location import Location, Span
from archlint.results.judgement import Caveat, Dearer, Flip, Sizes
from archlint.results.severity import Severity
from archlint.results.shares import BlockShare, KindShare
from archlint.results.unknown import UnknownOperator

__all__ = [
    "Finding",
    "FindingAtBatch",
    "FoundPlace",
    "IgnoredFinding",
    "KernelPrice",
    "MeasuredRow",
    "ModelReport",
    "OperatorTime",
    "PricedChoice",
    "PricedOn",
    "Report",
    "RestsOn",
    "RuleInfo",
    "RuleSaving",
    "Severity",
    "TargetReport",
    "Unpriced",
    "Variant",
]


@dataclass(frozen=True, slots=True)
class PricedOn:
    """What a place or a finding costs on one target; times in seconds.

    `slowdown` is now over instead, with its 10th and 90th percentile; `saving` is
    `now (1 - 1 / slowdown)` and `saving_share` its share of the model's predicted time.
    `caveat` says why the severity is lower than the share alone would make it.
    """

    target: str
    severity: Severity
    now: float
    instead: float
    slowdown: float
    slowdown_low: float
    slowdown_high: float
    saving: float
    saving_share: float
    basis: Basis
    caveat: Caveat | None = None

    def __post_init__(self) -> None:
        check_band("a slow-down", self.slowdown_low, self.slowdown, self.slowdown_high)
        check_finite(self.saving_share)


@dataclass(frozen=True, slots=True)
class Variant:
    """What stands at a place, now or instead: in the rule's words, and the kernels that run."""

    text: str
    kernels: tuple[Kernel, ...] = ()


@dataclass(frozen=True, slots=True)
class PricedChoice:
    """What else could stand at a place, on one target: in words, seconds, FLOPs over those of now.

    It has about the FLOPs of now, or, `at_equal_time`, about the time; `is_instead` is the one
    that the finding proposes.
    """

    target: str
    text: str
    seconds: float
    flops: float
    at_equal_time: bool
    is_instead: bool


@dataclass(frozen=True, slots=True)
class FoundPlace:
    """One spot of a finding: operator names, what would change, what the rule knows, prices."""

    operators: tuple[str, ...]
    module: str
    location: Location | None
    evidence: object
    now: Variant
    instead: Variant
    prices: tuple[PricedOn, ...]
    choices: tuple[PricedChoice, ...] = ()

    @property
    def name(self) -> str:
        """The module, or without one the first operator."""
        return self.module or next(iter(self.operators), "?")


@dataclass(frozen=True, slots=True)
class MeasuredRow:
    """A row of a target, times in seconds; `rule` asked for it, "shared" where none did."""

    rule: str
    kernels: str
    median: float
    p10: float | None
    p90: float | None
    sessions: int
    measured: str


@dataclass(frozen=True, slots=True)
class KernelPrice:
    """A kernel of a finding with its price in seconds, and the rows that are nearest to it.

    `side` is "now" or "instead", `count` how often the place has it.  A kernel without a price
    has None for it.
    """

    side: str
    kernel: str
    count: int
    seconds: float | None
    low: float | None
    high: float | None
    basis: Basis | None
    rows: tuple[MeasuredRow, ...]


@dataclass(frozen=True, slots=True)
class RestsOn:
    """What a finding's costliest place rests on, on one target."""

    target: str
    kernels: tuple[KernelPrice, ...]


@dataclass(frozen=True, slots=True)
class Finding:
    """The places that one decision made.

    `severity` is the worst over the targets, `count` the number of places, `places` are sorted
    by saving, the costliest first.  `exact` means the alternative computes the same function,
    `upper_bound` that it removes something, so that the saving is the most there is to gain.
    `advice` is what to do about it, in words, `flips` how the verdict changes at another usual
    size where a size was assumed, `dearer` which of its places were known and save more than they
    did.  `rests_on` is what its prices rest on, where the run was asked for it.
    """

    code: str
    name: str
    severity: Severity
    message: str
    module: str
    count: int
    location: Location | None
    exact: bool
    upper_bound: bool
    fingerprint: str
    prices: tuple[PricedOn, ...]
    places: tuple[FoundPlace, ...]
    sizes: Sizes = field(default_factory=Sizes)
    advice: str = ""
    flips: tuple[Flip, ...] = ()
    dearer: tuple[Dearer, ...] = ()
    rests_on: tuple[RestsOn, ...] = ()

    @property
    def saving_share(self) -> float:
        """The largest share of the model's predicted time that it saves on any target."""
        return max((price.saving_share for price in self.prices), default=0.0)


@dataclass(frozen=True, slots=True)
class FindingAtBatch:
    """A finding that there is at `batch` alone, another usual one than was assumed."""

    assumed_batch: int
    batch: int
    finding: Finding


@dataclass(frozen=True, slots=True)
class IgnoredFinding:
    """A finding that is kept back, with the reason that is given where it is.

    The configuration or a comment ignores it, or its places are known.
    """

    finding: Finding
    reason: str


@dataclass(frozen=True, slots=True)
class Unpriced:
    """Operators that the target has no price for."""

    op_type: str
    count: int


@dataclass(frozen=True, slots=True)
class RuleSaving:
    """What the findings of a rule would save together on a target, each kernel counted once.

    In seconds, and as a share of the model's predicted time; notes count too.
    """

    code: str
    name: str
    saving: float
    share: float


@dataclass(frozen=True, slots=True)
class OperatorTime:
    """What one operator takes, in seconds, with all that is fused into it.

    `kernels` is what runs it, `fused` the names of the operators that run with it.
    `flops` and `mac` (in bytes) are those of the kernels; `bound` is what the dearest of them pays
    for, None where the target's fit does not tell.
    """

    name: str
    op_type: str
    module: str
    kind: str
    kernels: tuple[str, ...]
    fused: tuple[str, ...]
    time: float
    share: float
    flops: int = 0
    mac: int = 0
    bound: Bound | None = None

    def __reduce__(self) -> tuple[type[OperatorTime], tuple[object, ...]]:
        """Of these a cache holds thousands, and a dataclass looks up its fields for each."""
        return OperatorTime, _values_of(self)


_values_of = attrgetter(*(each.name for each in fields(OperatorTime)))


@dataclass(frozen=True, slots=True)
class TargetReport:
    """A model on one target; times in seconds.

    `title` is the line "priced for ..." without these words: device, runtime and version,
    dtype, threads, batch, layout.  `basis` is what the prediction rests on, `coverage` the
    share of priced operators, weighted by MAC, 0 to 1.  `saving` is what all findings of
    warning and above together would save, each kernel counted once; `kinds` is the cost by
    kind of kernel, `blocks` by module, dearest first; `operators` is the cost of each, in the
    model's order.
    `stored` is the file's dtype where it is priced as the same network in another one, else "".
    `batch` is the one that is priced, None where no input has one; `rules` are what each rule's
    findings would save, the costliest first.
    """

    target: str
    title: str
    is_default: bool
    predicted: float
    low: float
    high: float
    basis: Basis
    coverage: float
    unpriced: tuple[Unpriced, ...]
    kinds: tuple[KindShare, ...]
    saving: float
    saving_findings: int
    operators: tuple[OperatorTime, ...] = ()
    stored: str = ""
    batch: int | None = None
    rules: tuple[RuleSaving, ...] = ()
    blocks: tuple[BlockShare, ...] = ()


@dataclass(frozen=True, slots=True)
class ModelReport:
    """One model: what was read, what it costs on each target, the findings, or the error.

    `remarks` say what was done otherwise than usual to get at the model.
    `findings` are sorted by saving and hold notes too; which of them a format shows is the
    format's matter.  `flips` are findings that another usual size alone would bring.  With
    `error` (one line, without the path) the rest may be empty.  `skipped` says which targets have
    no price for anything that it computes, which is no fault of the run.  `unknown_operators`
    are those that compute and have no shapes: without `error` it was priced without them.
    `entry` is the line of the configuration that names the model, None where none does.
    `batch` is how many are computed at once, None where no input has such a dim.
    """

    path: str
    opset: int = 0
    inputs: tuple[ModelInput, ...] = ()
    operators: int = 0
    flops: int = 0
    mac: int = 0
    parameters: int = 0
    targets: tuple[TargetReport, ...] = ()
    findings: tuple[Finding, ...] = ()
    ignored: tuple[IgnoredFinding, ...] = ()
    known: tuple[IgnoredFinding, ...] = ()
    assumptions: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()
    flips: tuple[FindingAtBatch, ...] = ()
    shapeless: tuple[Unpriced, ...] = ()
    malformed: tuple[str, ...] = ()
    unknown_operators: tuple[UnknownOperator, ...] = ()
    skipped: str | None = None
    error: str | None = None
    entry: Span | None = None
    batch: int | None = None


@dataclass(frozen=True, slots=True)
class RuleInfo:
    """A rule that ran: code, name, what it is about in one line, and its page in Markdown.

    `url` is where the page can be read, "" of a rule that archlint does not ship.
    """

    code: str
    name: str
    summary: str
    page: str
    url: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    """A whole run: one entry per model, in the order asked for.

    `unused_ignores` are configured ignores that matched nothing, one line each; `problems`
    are faults of archlint itself (a rule that crashed), one line each: they make the exit
    code 2.  `stale` are places of the baseline that are no more, one line each.  `rules` are those
    that ran.  `comment_faults` are ignore comments in source that are
    unused or broken.  `shard` is the part of the models that was asked for, such as "3/8".
    """

    models: tuple[ModelReport, ...]
    unused_ignores: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()
    comment_faults: tuple[str, ...] = ()
    stale: tuple[str, ...] = ()
    rules: tuple[RuleInfo, ...] = ()
    traces: tuple[str, ...] = ()
    shard: str | None = None

    def url_of(self, code: str) -> str:
        """Where the page of a rule that ran can be read; "" where that is not known."""
        return next((each.url for each in self.rules if each.code == code), "")

    @property
    def errors(self) -> tuple[str, ...]:
        """Every fault of the run, one line each."""
        unread = tuple(f"{m.path}: {m.error}" for m in self.models if m.error is not None)
        return unread + self.problems

    def exit_code(self, fail_on: Severity | None) -> int:
        """0, 1 with a finding at or above `fail_on` (None: never), 2 with any error."""
        if self.errors:
            return 2
        if fail_on is None:
            return 0
        worst = max((f.severity.rank for m in self.models for f in m.findings), default=0)
        return int(worst >= fail_on.rank)
