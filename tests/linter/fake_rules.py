"""Rules that say what a test wants to hear, and places with the figures that it wants."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from archlint.cost.pricer import Comparison, Pricer
from archlint.cost.pricing.price import Basis, Price
from archlint.graph.pattern import pattern_of
from archlint.graph.widths import find_widths
from archlint.linter.check_rule import PricedPlace
from archlint.linter.view import Priced, price_model
from archlint.rule import Decision, Limit, Nature, Option, Place, Rule, Silence, View
from archlint.testing import Net
from tests.cost.paper_targets import GPU_PRICER


@dataclass(frozen=True, slots=True)
class Evidence:
    kernel: str


class EachConv(Rule):
    """Each conv with a module could be a quarter as wide; one decision per module pattern."""

    code = "T1"
    name = "wide-conv"
    summary = "Convs could be narrower"
    options = (Option("shrink", 4, "divide widths by this"),)

    def check(self, view: View) -> Iterator[Place | Silence]:
        for number, placed in enumerate(view.lowered.kernels):
            op, kernel = view.main(placed), placed.kernel
            if op.op_type != "Conv":
                continue
            shrink = int(view.options["shrink"])
            instead = kernel.with_widths(kernel.c_in // shrink, kernel.c_out // shrink)
            yield Place(
                operators=(op.index,),
                decision=Decision("narrow", pattern_of(op.module)),
                summary=f"{kernel.c_in}:{kernel.c_out}",
                advice="narrow it",
                evidence=Evidence(kernel.text),
                now=kernel.text,
                instead=instead.text,
                kernels=(number,),
                instead_kernels=(instead,),
            )


class Crashing(EachConv):
    code = "T2"
    name = "crashing"

    def check(self, view: View) -> Iterator[Place | Silence]:
        yield from super().check(view)
        raise ZeroDivisionError("division by zero")


class Silent(EachConv):
    code = "T3"
    name = "silent"

    def check(self, view: View) -> Iterator[Place | Silence]:
        yield Silence((0,), f"nothing on {view.target.name}")


def convs(count: int = 4, *, batch: int = 1, prefix: str = "blocks") -> Net:
    """A chain of equal convs `<prefix>.<n>.conv`; its last tensor is that of the last one."""
    net = Net()
    x = net.input(batch, 64, 28, 28)
    for number in range(count):
        x = net.conv(x, 64, 3, name=f"{prefix}.{number}.conv")
    return net


def priced(net: Net, *outputs: str, pricer: Pricer = GPU_PRICER) -> Priced:
    model = net.model(*outputs)
    return price_model(model, pricer, find_widths(model))


def four_convs(pricer: Pricer = GPU_PRICER) -> Priced:
    """A model of four kernels, each a quarter of its time."""
    return priced(convs(), "blocks.3.conv", pricer=pricer)


def place(
    on: Priced,
    *kernels: int,
    share: float,
    slowdown: float = 1.5,
    low: float = 1.2,
    basis: Basis = Basis.MEASURED,
    decision: str = "decision",
    nature: Nature = Nature.REDESIGN,
    limit: Limit | None = None,
) -> PricedPlace:
    """A place at these kernels that saves this share of the model's time."""
    placed = [on.view.lowered.kernels[number] for number in kernels]
    now = on.view.pricer.total([each.kernel for each in placed])
    assert now is not None
    left = now.seconds - share * on.total.seconds
    instead = Price(left, left, left, basis)
    operators = tuple(each.operators[0] for each in placed)
    return PricedPlace(
        operators=operators,
        module=on.view.module_of(*operators),
        decision=Decision(decision),
        summary="too much of it",
        advice="take less",
        evidence=Evidence(placed[0].kernel.text),
        now="much",
        instead=f"less by {share}",
        kernels=kernels,
        instead_kernels=tuple(each.kernel for each in placed),
        comparison=Comparison(now, instead, slowdown, low, slowdown**2 / low, basis),
        nature=nature,
        limit=limit,
    )


def covered(on: Priced, coverage: float, without: Iterable[int] = ()) -> Priced:
    """With this coverage, and these operators without a price."""
    return replace(on, coverage=coverage, without=frozenset(without))
