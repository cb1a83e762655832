"""G3: fragmentation lowers the degree of parallelism."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from math import inf
from typing import TYPE_CHECKING, ClassVar

from archlint.plugin import (
    Choice,
    Decision,
    FoldedBranches,
    Kernel,
    Kind,
    Nature,
    Option,
    Place,
    Rule,
    Silence,
    View,
    apart,
    layers_text,
)
from archlint.rules.g3_fragmentation.chain import Chain, find_chain
from archlint.rules.g3_fragmentation.folding import Fold, find_linear_blocks, fold_mixed
from archlint.rules.g3_fragmentation.layers import kernels_of, levels_of
from archlint.rules.g3_fragmentation.regions import BRANCHES, Region, find_regions

if TYPE_CHECKING:
    from archlint.plugin import Plot, Workload

__all__ = ["Evidence", "Fragmentation"]

_MORE_WORK = (4.0, 3.0, 2.5, 2.0, 1.75, 1.5, 1.25, 1.1)
"""Times the FLOPs of now that a chain at today's time is tried with, the most first."""

_INDEX = re.compile(r"\d+[a-z]?$")


@dataclass(frozen=True, slots=True)
class Evidence:
    """The block: convs and pools, the most that stand side by side, levels, inputs."""

    fragments: int
    width: int
    levels: int
    inputs: int


class Fragmentation(Rule):
    """Blocks of parallel branches against a chain of equal FLOPs, or the conv they fold into."""

    code = "G3"
    name = "excessive-fragmentation"
    summary = "Fragmentation lowers the degree of parallelism"
    options: ClassVar[tuple[Option, ...]] = (
        Option(
            "min-width", BRANCHES, "look at blocks of at least this many parallel convs and pools"
        ),
    )

    def check(self, view: View) -> Iterator[Place | Silence]:
        """A place for each block that folds or has a chain, silences for the other regions."""
        taken: set[int] = set()
        for fold in find_linear_blocks(view.model):
            taken.update(fold.operators)
            yield self._fold(view, fold, Evidence(fold.convs, fold.convs, 1, 1))
        for region in find_regions(view.model, taken):
            yield self._region(view, region)

    @classmethod
    def workloads(cls) -> tuple[Workload, ...]:
        """What fragments are made of, and what joins them."""
        from archlint.measure.workloads import fragments

        return (fragments.sample,)

    @classmethod
    def plot(cls) -> Plot:
        """1 to 8 fragments, in series and in parallel."""
        from archlint.rules.g3_fragmentation.plot import PLOT

        return PLOT

    def _region(self, view: View, region: Region) -> Place | Silence:
        told, unpriced = region.joins[::-1], set(view.lowered.unpriced)
        if region.width is None:
            return Silence(
                told,
                f"{len(region.fragments)} fragments are too many, or too far apart, for a block",
            )
        if region.width < view.options["min-width"]:
            return Silence(told, f"its branches are {region.width} wide")
        if unpriced.intersection(region.operators):
            return Silence(told, "a kernel of its branches has no price")
        levels = max(levels_of(view, region).values())
        evidence = Evidence(len(region.fragments), region.width, levels, len(region.inputs))
        fold = fold_mixed(view.model, region)
        if fold is not None:
            return self._fold(view, fold, evidence)
        chain = find_chain(view, region)
        if isinstance(chain, str):
            return Silence(told, chain)
        numbers = kernels_of(view, region)
        kernels = view.kernels(numbers)
        if not all(map(view.pricer.covers, (*kernels, *chain.kernels))):
            return Silence(told, "a kernel of its branches has no price")
        module = _module_of(view, region.operators)
        return Place(
            operators=told + tuple(i for i in region.operators if i not in region.joins),
            module=module,
            decision=Decision("fragments", _pattern(module) or _kernels(kernels)),
            summary=f"{evidence.fragments} fragments, {evidence.width} wide, in one block",
            advice="use fewer and wider layers in series at equal FLOPs",
            evidence=evidence,
            now=f"{_count(len(kernels), 'kernel')}, {evidence.width} wide: {_layers(kernels)}",
            instead=_chain_words(chain),
            kernels=numbers,
            instead_kernels=chain.kernels,
            choices=tuple(_choices(view, region, kernels, chain)),
        )

    def _fold(self, view: View, fold: Fold, evidence: Evidence) -> Place | Silence:
        operators = (fold.root, *(index for index in fold.operators if index != fold.root))
        home = view.lowered.home
        if any(index not in home for index in operators):
            return Silence(operators, "a kernel of its branches has no price")
        numbers = tuple(sorted({home[index] for index in operators}))
        kernels = view.kernels(numbers)
        one = _folded(view, fold)
        comparison = view.pricer.compare(kernels, one)
        if comparison is None:
            return Silence(operators, "a kernel of its branches has no price")
        if comparison.low <= 1.0:
            return Silence(operators, "the one conv that it folds into is not surely faster")
        module = _module_of(view, fold.operators)
        window = "x".join(map(str, one[0].window))
        what = "linear" if fold.channels is None else "depthwise"
        return Place(
            operators=operators,
            module=module,
            decision=Decision(
                f"fragments that fold, {what}", _pattern(module) or _kernels(kernels)
            ),
            summary=f"{fold.branches} {what} branches that are one {window} conv",
            advice="fold the branches into one conv once the network is trained",
            evidence=evidence,
            now=f"{_count(len(kernels), 'kernel')}, {fold.branches} branches",
            instead=f"1 {window} conv" if len(one) == 1 else f"{len(one)} kernels",
            kernels=numbers,
            instead_kernels=one,
            nature=Nature.EXACT,
            remedy=FoldedBranches(depthwise=fold.channels is not None),
        )


def _folded(view: View, fold: Fold) -> tuple[Kernel, ...]:
    """The one conv, with what is fused behind the join where the target fuses that into it."""
    lowering, lowered = view.target.lowering, view.lowered
    conv = lowered.kernels[lowered.home[fold.conv]].kernel
    if fold.channels is not None:
        return apart(conv.with_widths(fold.channels, fold.channels), lowering)
    join = lowered.kernels[lowered.home[fold.root]].kernel
    acts = tuple(act for act in join.epilogue if act != "Add")
    return apart(conv._replace(epilogue=acts), lowering)


def _module_of(view: View, operators: tuple[int, ...]) -> str:
    """The module that holds all of these operators, or the name of the join's."""
    paths = [view.model.operators[i].module.split(".") for i in operators]
    shared = []
    for parts in zip(*(path for path in paths if path != [""]), strict=False):
        if len(set(parts)) > 1:
            break
        shared.append(parts[0])
    return ".".join(shared) or view.module_of(operators[-1])


def _pattern(module: str) -> str:
    """The module path without indices, those at the end of a name too: `inception*.conv`."""
    return ".".join(_INDEX.sub("*", part) for part in module.split("."))


def _kernels(kernels: tuple[Kernel, ...]) -> str:
    """The kinds of kernels in their order, where no module names the block."""
    windowed = (k for k in kernels if k.kind is not Kind.ELEMENTWISE)
    return " ".join(f"{k.op}{'x'.join(map(str, k.window))}" for k in windowed)


def _choices(
    view: View, region: Region, kernels: tuple[Kernel, ...], chain: Chain
) -> Iterator[Choice]:
    """What the time of now would buy, where the chain is surely faster."""
    comparison = view.pricer.compare(kernels, chain.kernels)
    if comparison is None or comparison.low <= 1.0:
        return
    for work in _MORE_WORK:
        wider = find_chain(view, region, work)
        if isinstance(wider, str) or not all(map(view.pricer.covers, wider.kernels)):
            continue
        if (view.pricer.seconds(wider.kernels) or inf) <= comparison.now.seconds:
            yield Choice(_chain_words(wider), wider.kernels, at_equal_time=True)
            return


def _chain_words(chain: Chain) -> str:
    words = f"{_count(len(chain.kernels), 'kernel')}, 1 wide"
    if chain.widths:
        inner = "-".join(map(str, sorted({min(chain.widths), max(chain.widths)})))
        words += f", {inner} channels inside"
    return f"{words}: {_layers(chain.kernels)}"


def _layers(kernels: tuple[Kernel, ...]) -> str:
    return layers_text(dict(enumerate(kernels)), range(len(kernels)))


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" + ("" if number == 1 else "s")
