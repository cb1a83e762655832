"""One model on one target: lowered, priced and ready for the rules."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, replace

from archlint.cost.kernels.kernel import Kernel
from archlint.cost.lowering.lower import Lowered, lower
from archlint.cost.pricer import Pricer
from archlint.cost.pricing.price import Price
from archlint.cost.target import Target
from archlint.errors import BatchError, UnpricedError
from archlint.graph.model import Model
from archlint.graph.widths import Widths
from archlint.linter.reading import DTYPES
from archlint.linter.shares import block_shares, kind_shares
from archlint.results.findings import OperatorTime, RuleSaving, TargetReport, Unpriced
from archlint.rule import Rule, View
from archlint.settings.options import OptionValue

__all__ = ["Priced", "price_model"]

_MOST_NAMED = 5  # operator types in a refusal


@dataclass(frozen=True, slots=True)
class Priced:
    """A view with the sum of its priced kernels and what had no price."""

    view: View
    total: Price
    title: str
    coverage: float
    unpriced: tuple[Unpriced, ...]
    without: frozenset[int]
    """The operators without a price."""
    times: Mapping[int, float]
    """Seconds of each priced kernel, by its number, as often as it runs."""
    stored: str
    """The file's dtype where it is priced as the same network in another one, else ""."""

    def for_rule(self, rule: type[Rule], options: Mapping[str, OptionValue]) -> View:
        """The view with this rule's options, the defaults where none are given."""
        values = {each.name: options.get(each.name, each.default) for each in rule.options}
        return replace(self.view, options=values)

    def report(
        self, saving: float, findings: int, rules: tuple[RuleSaving, ...], *, is_default: bool
    ) -> TargetReport:
        """What a report says of this target."""
        return TargetReport(
            target=self.view.target.name,
            title=self.title,
            stored=self.stored,
            is_default=is_default,
            predicted=self.total.seconds,
            low=self.total.low,
            high=self.total.high,
            basis=self.total.basis,
            coverage=self.coverage,
            unpriced=self.unpriced,
            kinds=kind_shares(self.view, self.times),
            blocks=block_shares(self.view, self.times),
            saving=saving,
            saving_findings=findings,
            operators=self.operators(),
            batch=self.view.model.batch,
            rules=rules,
        )

    def is_in_doubt(self, numbers: Iterable[int]) -> bool:
        """Whether what has no price runs in these kernels or right before or behind them.

        What a runtime does there, how it lays tensors out and what it fuses, is not known.
        """
        model = self.view.model
        own = {i for number in numbers for i in self.view.lowered.kernels[number].operators}
        beside = {i for each in own for i in (*model.before(each), *model.after(each))}
        return not self.without.isdisjoint(own | beside)

    def operators(self) -> tuple[OperatorTime, ...]:
        """The time of each operator: that of the kernels which it gives their kind."""
        kernels: dict[int, list[int]] = defaultdict(list)
        for number in self.times:
            kernels[self.view.lowered.kernels[number].operators[0]].append(number)
        return tuple(self._operator(index, kernels[index]) for index in sorted(kernels))

    def _operator(self, index: int, numbers: Sequence[int]) -> OperatorTime:
        operators = self.view.model.operators
        placed = [self.view.lowered.kernels[number] for number in numbers]
        seconds = sum(self.times[number] for number in numbers)
        own = self.view.lowered.kernels[max(numbers, key=lambda number: self.times[number])].kernel
        return OperatorTime(
            name=operators[index].name,
            op_type=operators[index].op_type,
            module=operators[index].module,
            kind=own.kind.value,
            kernels=tuple(each.kernel.title for each in placed),
            fused=tuple(operators[i].name for each in placed for i in each.operators[1:]),
            time=seconds,
            share=seconds / self.total.seconds,
            flops=sum(each.kernel.flops * each.repeats for each in placed),
            mac=sum(each.kernel.mac * each.repeats for each in placed),
            bound=self.view.pricer.bound(own),
        )


def price_model(model: Model, pricer: Pricer, widths: Widths, stored: str = "") -> Priced:
    """Lower and price a model; raises TargetError if the target does not fit it.

    `stored` is the dtype of its file where that is another one than is priced.
    """
    target = pricer.target
    lowered = lower(model, target.lowering)
    kernels = Counter[Kernel]()
    for placed in lowered.kernels:
        if pricer.covers(placed.kernel):
            kernels[placed.kernel] += placed.repeats
    total = pricer.total(kernels)
    without = _without_price(lowered, pricer)
    coverage, unpriced = _coverage(model, without)
    priced = (op for op in model.operators if op.index not in without)
    if total is None or (without and not any(op.flops for op in priced)):
        # a sum of what only moves data says nothing of a network
        what = "any of its operators" + ("" if total is None else " that compute")
        raise UnpricedError(f"{target.name} has no price for {what}{_listed(unpriced)}")
    # after that, for what has no price at one batch has none at any
    _fits_batch(model, target)
    view = View(model, target, lowered, pricer, widths, total.seconds, {})
    times, title = _times(lowered, pricer), _title(model, target)
    return Priced(view, total, title, coverage, unpriced, frozenset(without), times, stored)


def _times(lowered: Lowered, pricer: Pricer) -> dict[int, float]:
    times = {}
    for number, placed in enumerate(lowered.kernels):
        seconds = pricer.seconds({placed.kernel: 1})
        if seconds is not None:
            times[number] = seconds * placed.repeats
    return times


def _fits_batch(model: Model, target: Target) -> None:
    if not target.prices(model.batch):
        low, high = target.batches
        priced = f"batch {low}" if low == high else f"batches {low} to {high}"
        raise BatchError(f"{target.name} prices {priced}, not {model.batch}")


def _listed(unpriced: Sequence[Unpriced]) -> str:
    names = [each.op_type for each in unpriced]
    if len(names) > _MOST_NAMED:
        names[_MOST_NAMED:] = [f"{len(names) - _MOST_NAMED} more"]
    return f": {', '.join(names)}" if names else ""


def _without_price(lowered: Lowered, pricer: Pricer) -> set[int]:
    """The operators of which a kernel has no price: what runs in parts is known by its worst."""
    without = set(lowered.unpriced)
    # a reorder that an operator forces is not that operator
    forced = {number for numbers in lowered.reorders.values() for number in numbers}
    for number, placed in enumerate(lowered.kernels):
        if number not in forced and not pricer.covers(placed.kernel):
            without.update(placed.operators)
    return without


def _coverage(model: Model, without: Set[int]) -> tuple[float, tuple[Unpriced, ...]]:
    """The priced share of the operators' memory access, and the types that have no price.

    An operator whose memory access is unknown counts as much as the mean of the others.
    """
    known = [op.mac * op.repeats for op in model.operators if op.mac is not None]
    mean = sum(known) / len(known) if known else 1.0
    weights = {op.index: mean if op.mac is None else op.mac * op.repeats for op in model.operators}
    total = sum(weights.values()) or 1.0
    coverage = 1.0 - sum(weights[index] for index in without) / total
    types = Counter(model.operators[index].op_type for index in without)
    return coverage, tuple(Unpriced(name, types[name]) for name in sorted(types))


def _title(model: Model, target: Target) -> str:
    parts = [target.device, target.runtime, DTYPES.get(target.dtype, target.dtype)]
    if target.threads:
        parts.append(f"{target.threads} thread" + ("" if target.threads == "1" else "s"))
    parts.append(f"batch {model.batch or 1}")
    parts.append(target.layout)
    return ", ".join(part for part in parts if part)
