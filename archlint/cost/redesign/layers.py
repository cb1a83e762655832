"""The layers of a block in words: `1x1 conv 64 > 384, 3x3 depthwise, 1x1 conv 384 > 64`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from archlint.cost.kernels.kernel import Kernel
from archlint.cost.kernels.kind import Kind
from archlint.cost.lowering.lower import Lowered
from archlint.cost.redesign.pairs import Pair
from archlint.cost.redesign.redesign import Block
from archlint.graph.model import Model
from archlint.graph.widths import Widths

__all__ = ["layers_of", "layers_text"]

_WORDS = {
    Kind.CONV: "conv",
    Kind.GROUP_CONV: "conv",
    Kind.DEPTHWISE: "depthwise",
    Kind.TRANSPOSED_CONV: "transposed conv",
    Kind.PRODUCT: "product",
}

_MOST = 4
"""Layers that are named."""


def layers_of(
    model: Model, lowered: Lowered, widths: Widths, block: Block, pair: Pair
) -> tuple[int, ...]:
    """The places in the block of a pair's layers, with the depthwise convs between them."""
    inner, found = frozenset(pair.inner), []
    for place, number in enumerate(block.numbers):
        placed = lowered.kernels[number]
        main = placed.operators[0]
        between = placed.kernel.kind is Kind.DEPTHWISE and main > pair.first
        if main in pair.operators or (
            between and widths.group.get(model.operators[main].output.name) in inner
        ):
            found.append(place)
    return tuple(found)


def layers_text(layers: Mapping[int, Kernel], places: Iterable[int]) -> str:
    """The layers at these places; of more than four those of the most FLOPs, alike ones once."""
    named = [layers[place] for place in places if place in layers]
    named = [kernel for kernel in named if kernel.kind in _WORDS]
    if len(named) <= _MOST:
        return ", ".join(map(_text, named))
    flops: Counter[str] = Counter()
    for kernel in named:
        flops[_text(kernel)] += kernel.flops
    kept = dict(flops.most_common(_MOST))
    return ", ".join(text for text in flops if text in kept)


def _text(kernel: Kernel) -> str:
    window = "x".join(map(str, kernel.window))
    what = _WORDS[kernel.kind]
    if kernel.kind is Kind.DEPTHWISE:
        return f"{window} {what}"
    text = f"{what} {kernel.c_in} > {kernel.c_out}"
    if kernel.kind is not Kind.PRODUCT:
        text = f"{window} {text}"
    return f"{text} ({kernel.groups} groups)" if kernel.groups > 1 else text
