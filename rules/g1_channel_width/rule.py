"""G1: equal channel width minimises memory access cost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from math import prod, sqrt
from typing import TYPE_CHECKING, ClassVar

from archlint.plugin import (
    MODEL_INPUT,
    Block,
    Candidate,
    Choice,
    Decision,
    Kernel,
    Kind,
    Limit,
    Operator,
    Option,
    OtherWidths,
    Pair,
    Place,
    Rule,
    Severity,
    Silence,
    View,
    at_equal_time,
    fastest,
    find_block,
    find_pair,
    layers_of,
    layers_text,
    owes_to_alignment,
    pattern_of,
    width_step,
)

if TYPE_CHECKING:
    from archlint.plugin import Plot, Workload

__all__ = ["ChannelWidth", "Evidence", "mac_over_bound"]


@dataclass(frozen=True, slots=True)
class Evidence:
    """The imbalance: widths, map, MAC in elements and its bound at equal FLOPs."""

    c_in: int
    c_out: int
    map: tuple[int, ...]
    batch: int
    mac: float
    mac_bound: float
    blocks: int
    outer: tuple[int, int]
    inner: tuple[int, int]
    pair_slowdown: float


class ChannelWidth(Rule):
    """Dense convs and products whose input and output widths differ far."""

    code = "G1"
    name = "unbalanced-channel-width"
    summary = "Equal channel width minimises memory access cost"
    options: ClassVar[tuple[Option, ...]] = (
        Option(
            "min-mac-ratio",
            1.05,
            "look at layers whose MAC is this many times the bound at equal FLOPs",
        ),
    )

    def check(self, view: View) -> Iterator[Place | Silence]:
        """A place for each outer width with unbalanced pairs on it, silences for the rest."""
        stages: dict[tuple[int, int, int], list[Pair]] = {}
        for placed in view.lowered.kernels:
            if placed.kernel.kind not in (Kind.CONV, Kind.PRODUCT):
                continue
            op = view.main(placed)
            found = self._pair(view, op, placed.kernel)
            if isinstance(found, str):
                yield Silence((op.index,), found)
            else:
                outer = view.widths.group[op.activations[0].name]
                key = outer, placed.kernel.c_in, placed.kernel.c_out
                stages.setdefault(key, []).append(found)
        for (outer, _, _), pairs in stages.items():
            yield self._place(view, outer, pairs)

    @classmethod
    def workloads(cls) -> tuple[Workload, ...]:
        """Dense convs and matrix products."""
        from archlint.measure.workloads import dense_convs, products

        return dense_convs.sample, products.sample

    @classmethod
    def plot(cls) -> Plot:
        """Pairs of 1x1 convs, widths 1:1 to 1:16."""
        from archlint.rules.g1_channel_width.plot import PLOT

        return PLOT

    def _pair(self, view: View, op: Operator, kernel: Kernel) -> Pair | str:
        """The unbalanced pair that starts at this conv, or why there is none."""
        if not view.pricer.measures(kernel.kind):
            return f"no table of {view.target.name} measures a {kernel.kind.value}"
        if not kernel.constant or not op.activations:
            return "its operands are computed"
        if prod(kernel.out_map) <= 1:
            return "it runs on one position: its weights are what it reads"
        group = view.widths.group[op.activations[0].name]
        if view.widths.pinned.get(group) == MODEL_INPUT:
            stem = _is_stem(view, op)
            return "the stem: its input channels are given" if stem else _GIVEN
        wide, narrow = max(kernel.c_in, kernel.c_out), min(kernel.c_in, kernel.c_out)
        if wide <= 2 * narrow:
            return f"{kernel.c_in}:{kernel.c_out} is at most 1:2"
        mac, bound = mac_over_bound(kernel)
        if mac < float(view.options["min-mac-ratio"]) * bound:
            return f"MAC is {mac / bound:.2f} times its bound at equal FLOPs"
        return find_pair(view.model, view.lowered, view.widths, op)

    def _place(self, view: View, outer: int, pairs: list[Pair]) -> Place | Silence:
        heads = tuple(pair.first for pair in pairs)
        inner = tuple(dict.fromkeys(group for pair in pairs for group in pair.inner))
        block = find_block(
            view.model, view.lowered, view.widths, outer, inner, lowering=view.target.lowering
        )
        if isinstance(block, str):
            return Silence(heads, f"its width cannot change: {block}")
        pair = [block.numbers.index(view.lowered.home[index]) for index in pairs[0].operators]
        imbalance = _imbalance(block.outer, block.inner)
        candidate = fastest(
            block,
            view.pricer,
            lambda each: (
                _imbalance(each.outer, each.inner) < imbalance
                and _pair_alone(view, block, pair, each) > 1.0
            ),
        )
        if candidate is None:
            return Silence(
                heads, "no aligned widths nearer to balance with the block's FLOPs quicken the pair"
            )
        step = width_step(view.pricer, block.kernels)
        if owes_to_alignment(block, candidate.kernels, view.pricer, step):
            return Silence(heads, "aligned widths alone gain most of what others would: see A1")
        alone = _pair_alone(view, block, pair, candidate)
        first, kernel = view.model.operators[heads[0]], view.lowered.of(heads[0])[0]
        mac, bound = mac_over_bound(kernel)
        return Place(
            operators=tuple(dict.fromkeys(i for pair in pairs for i in pair.operators)),
            decision=Decision("width", pattern_of(first.module) or kernel.op),
            summary=(
                f"{kernel.c_in}:{kernel.c_out} channels: memory access {mac / bound:.2f} times"
                " what equal widths need"
            ),
            advice="bring the widths of the pair nearer to each other at equal FLOPs",
            evidence=Evidence(
                kernel.c_in, kernel.c_out, kernel.out_map, kernel.batch, mac, bound, len(pairs),
                (block.outer, candidate.outer), (block.inner, candidate.inner), alone,
            ),
            now=f"{_words(view, block, pairs, (block.outer, block.inner))} {_where(pairs, kernel)}",
            instead=_words(view, block, pairs, (candidate.outer, candidate.inner)),
            kernels=block.numbers,
            instead_kernels=candidate.kernels,
            limit=Limit(Severity.NOTE, why) if (why := block.why_a_note(candidate)) else None,
            remedy=OtherWidths(1, (block.outer, candidate.outer), (block.inner, candidate.inner)),
            choices=tuple(_choices(view, block, pairs, candidate)),
        )  # fmt: skip


_GIVEN = "its width is that of an input of the model"
_LAYERS = frozenset({Kind.CONV, Kind.GROUP_CONV, Kind.DEPTHWISE, Kind.PRODUCT})


def _is_stem(view: View, op: Operator) -> bool:
    """Whether no other layer stands between an input of the model and this one."""
    kernels, home = view.lowered.kernels, view.lowered.home
    pending, seen = [op.index], {op.index}
    while pending:
        for before in view.model.before(pending.pop()):
            if before in home and kernels[home[before]].kernel.kind in _LAYERS:
                return False
            if before not in seen:
                seen.add(before)
                pending.append(before)
    return True


def mac_over_bound(kernel: Kernel) -> tuple[float, float]:
    """MAC of a layer in elements, and its least at the same FLOPs.

    The paper's `hw (c1 + c2) + c1 c2 >= 2 sqrt(hw B) + B / hw`, with the map before and after,
    the batch and the window: `p1 c1 + p2 c2 + k c1 c2 >= 2 sqrt(p1 p2 c1 c2) + k c1 c2`.
    """
    before = kernel.batch * prod(kernel.in_map)
    after = kernel.batch * prod(kernel.out_map)
    weights = kernel.c_in * kernel.c_out * prod(kernel.window)
    mac = before * kernel.c_in + after * kernel.c_out + weights
    return mac, 2 * sqrt(before * after * kernel.c_in * kernel.c_out) + weights


def _pair_alone(view: View, block: Block, pair: list[int], candidate: Candidate) -> float:
    """The slow-down of the pair's own convs, without the kernels around them."""
    now = view.pricer.seconds(block.kernels[place] for place in pair)
    instead = view.pricer.seconds(candidate.kernels[place] for place in pair)
    return now / instead if now is not None and instead is not None else 0.0


def _imbalance(outer: int, inner: int) -> float:
    return max(outer, inner) / min(outer, inner)


def _choices(view: View, block: Block, pairs: list[Pair], candidate: Candidate) -> Iterator[Choice]:
    """What the time of now would buy, where the alternative is surely faster."""
    comparison = view.pricer.compare(block.kernels, candidate.kernels)
    if comparison is None or comparison.low <= 1.0:
        return
    wider = at_equal_time(block, candidate, view.pricer)
    if wider is not None:
        text = _words(view, block, pairs, (wider.outer, wider.inner))
        yield Choice(text, wider.kernels, at_equal_time=True)


def _words(view: View, block: Block, pairs: list[Pair], widths: tuple[int, int]) -> str:
    layers = block.layers(*widths)
    texts = Counter(
        layers_text(layers, layers_of(view.model, view.lowered, view.widths, block, pair))
        for pair in pairs
    )
    ((usual, _),) = texts.most_common(1)
    return usual


def _where(pairs: list[Pair], kernel: Kernel) -> str:
    count = f"{len(pairs)} blocks" if len(pairs) > 1 else "1 block"
    return f"in {count} on {'x'.join(map(str, kernel.out_map))}"
