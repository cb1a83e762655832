"""Depthwise convs against the fused block of EfficientNetV2 at equal FLOPs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import ceil, floor, inf, prod

from archlint.plugin import (
    FLOPS_TO,
    Block,
    Choice,
    Kernel,
    Kind,
    Limit,
    Place,
    Severity,
    Silence,
    View,
    apart,
    as_long,
    find_block,
    layers_text,
    width_step,
)
from archlint.rules.g4_elementwise.evidence import decision_of, evidence_of

__all__ = ["find_depthwise"]

_EXPANDS = 2
"""How much wider than its input a fused block is at least: those of EfficientNetV2 are 4 times."""


@dataclass(frozen=True, slots=True)
class _Inverted:
    """An inverted bottleneck: the places of its layers in the block's kernels."""

    block: Block
    expand: int
    depthwise: int
    project: int

    @property
    def layers(self) -> tuple[int, ...]:
        """The places of its three layers."""
        return self.expand, self.depthwise, self.project

    def fused(self, width: int) -> tuple[Kernel, ...]:
        """Expand and depthwise as one dense conv, the middle `width` channels wide.

        What ran between the two goes with them.
        """
        kernels = self.block.at(width, width)
        after = kernels[self.depthwise + 1 :]
        dense = apart(self._dense(kernels), self.block.lowering)
        return (*kernels[: self.expand], *dense, *after)

    def words(self, width: int) -> str:
        """The fused block's two layers."""
        kernels = self.block.at(width, width)
        return layers_text(dict(enumerate((self._dense(kernels), kernels[self.project]))), (0, 1))

    def _dense(self, kernels: Sequence[Kernel]) -> Kernel:
        return kernels[self.depthwise]._replace(
            kind=Kind.CONV, groups=1, c_in=kernels[self.expand].c_in
        )


def find_depthwise(view: View) -> Iterator[Place | Silence]:
    """Every depthwise conv between an expanding and a projecting 1x1 conv."""
    for number, placed in enumerate(view.lowered.kernels):
        if placed.kernel.kind is not Kind.DEPTHWISE:
            continue
        main = placed.operators[0]
        inverted = _inverted(view, number)
        if isinstance(inverted, str):
            yield Silence((main,), inverted)
            continue
        width = _equal_width(view, inverted)
        if isinstance(width, str):
            yield Silence((main,), width)
            continue
        size = "x".join(map(str, placed.kernel.window))
        ends = [view.lowered.kernels[inverted.block.numbers[each]].operators[0]
                for each in (inverted.expand, inverted.project)]  # fmt: skip
        yield Place(
            operators=(main, *ends),
            decision=decision_of("depthwise", size, view.model.operators[main].module),
            summary=f"{size} depthwise conv between 1x1 convs",
            advice="fuse the expanding 1x1 conv and the depthwise conv into one dense conv",
            now=layers_text(dict(enumerate(inverted.block.kernels)), inverted.layers),
            instead=inverted.words(width),
            evidence=evidence_of(view, "depthwise", "Conv", (placed.kernel,)),
            kernels=inverted.block.numbers,
            instead_kernels=inverted.fused(width),
            limit=_limit(inverted, width),
            choices=tuple(_choices(view, inverted, width)),
        )


def _limit(inverted: _Inverted, width: int) -> Limit | None:
    """Fused blocks are built to expand; where equal FLOPs leave hardly more width, it is a note."""
    outside = inverted.block.kernels[inverted.expand].c_in
    if width >= _EXPANDS * outside:
        return None
    reason = f"few networks are built of blocks that fuse {outside} > {width} channels"
    return Limit(Severity.NOTE, reason)


def _choices(view: View, inverted: _Inverted, width: int) -> Iterator[Choice]:
    """What the time of now would buy, where the fused block is surely faster."""
    kernels, fused = inverted.block.kernels, inverted.fused(width)
    comparison = view.pricer.compare(kernels, fused)
    if comparison is None or comparison.low <= 1.0:
        return
    step = width_step(view.pricer, fused)
    widths = range((width // step + 1) * step, 2 * width + 1, step)
    wider = as_long(view.pricer, kernels, widths, inverted.fused)
    if wider is not None:
        yield Choice(inverted.words(wider), inverted.fused(wider), at_equal_time=True)


def _inverted(view: View, number: int) -> _Inverted | str:
    """The inverted bottleneck of a depthwise conv, or why it is in none."""
    placed = view.lowered.kernels[number]
    kernel, op = placed.kernel, view.main(placed)
    group = view.widths.group[op.output.name]
    block = find_block(
        view.model, view.lowered, view.widths, group, (group,), lowering=view.target.lowering
    )
    if isinstance(block, str):
        return f"its width cannot change: {block}"
    if any(each.kind is Kind.GROUP_CONV for each in block.kernels):
        return "group convs stand next to it: see G2"
    here = block.numbers.index(number)
    if sum(each.kind is Kind.DEPTHWISE for each in block.kernels) > 1:
        return "several depthwise convs share its width"
    before = [p for p in range(here) if _is_pointwise(block.kernels[p], kernel.in_map)]
    after = [
        p
        for p in range(here + 1, len(block.kernels))
        if _is_pointwise(block.kernels[p], kernel.out_map)
    ]
    if len(before) != 1 or len(after) != 1:
        return (
            f"{len(before)} 1x1 convs lead to it and {len(after)} from it: no inverted bottleneck"
        )
    inside = block.kernels[before[0] + 1 : after[0]]
    if before[0] > 0 or any(each.op in ("Add", "Concat", "Sum") for each in inside):
        return "another path shares its width"
    expand, project = block.kernels[before[0]], block.kernels[after[0]]
    if expand.c_in >= expand.c_out or project.c_out >= project.c_in:
        times = prod(kernel.window) * project.c_out / (prod(kernel.window) + project.c_out)
        return (
            f"no conv expands before it; one dense conv for it and the 1x1 conv after it has"
            f" {times:.1f} times their FLOPs"
        )
    return _Inverted(block, before[0], here, after[0])


def _is_pointwise(kernel: Kernel, sizes: tuple[int, ...]) -> bool:
    """Whether it is a dense 1x1 conv with stride 1 on this map; squeeze-excite is on 1x1."""
    window = prod(kernel.window) * prod(kernel.strides)
    on_map = kernel.out_map == sizes and prod(sizes) > 1
    return kernel.kind is Kind.CONV and window == 1 and on_map


def _equal_width(view: View, inverted: _Inverted) -> int | str:
    """The fastest middle width of the fused block with the FLOPs of now.

    All of the block's FLOPs are linear in that width.  It must keep them within 3 % and be no
    narrower than the narrower end of the block: else it would be another network.
    """
    kernels = inverted.block.kernels
    now = sum(kernel.flops for kernel in kernels)
    step = width_step(view.pricer, inverted.fused(inverted.block.inner))
    one, two = (sum(kernel.flops for kernel in inverted.fused(width)) for width in (step, 2 * step))
    steps = max(ceil((now - one) / (two - one)) + 1, 1)
    width = steps * step
    least = min(kernels[inverted.expand].c_in, kernels[inverted.project].c_out)
    if width < least:
        return f"the fused block of equal FLOPs has {width} channels inside, {least} outside"
    excess = (one + (steps - 1) * (two - one)) / now
    if excess > FLOPS_TO:
        return (
            f"no aligned width has equal FLOPs: the fused block at {width} has {excess:.2f} times"
        )
    most = floor((FLOPS_TO * now - one) / (two - one)) + 1
    widths = range(width, most * step + 1, step)
    return min(widths, key=lambda each: view.pricer.seconds(inverted.fused(each)) or inf)
