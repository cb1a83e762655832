"""Steps and places in words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from archlint.changes.key import Key
from archlint.changes.step import Step
from archlint.graph.pattern import pattern_of

__all__ = ["common_path", "described", "flops_text", "sizes", "square", "what_of"]

_PREFIXES = ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k"))
_MOST_KINDS = 5  # in one line
_TOLD = ("into", "out", "window", "stride", "groups")


def flops_text(flops: int) -> str:
    """FLOPs with three significant digits: "12.3 MFLOPs"."""
    for scale, prefix in _PREFIXES:
        if flops >= scale * 0.9995:
            value = flops / scale
            decimals = 2 if value < 9.995 else 1 if value < 99.95 else 0
            return f"{value:.{decimals}f} {prefix}FLOPs"
    return f"{flops} FLOPs"


def sizes(values: Sequence[float]) -> str:
    """A window or a stride: "3x3"."""
    return "x".join(f"{each:g}" for each in values)


def square(values: Sequence[int]) -> str:
    """A stride or a dilation: "2" where it is so in all directions."""
    return f"{values[0]}" if len(set(values)) == 1 else sizes(values)


def described(keys: Sequence[Key]) -> str:
    """What steps of one kind have in common: "depthwise Conv 3x3, 32 channels, stride 2"."""
    key = Key(keys[0].kind, **{name: _shared(keys, name) for name in _TOLD})
    depthwise = all(each.is_depthwise for each in keys)
    parts = ["depthwise " * depthwise + key.kind]
    if key.window:
        parts[0] += f" {sizes(key.window)}"
    if depthwise and key.out is not None and key.out == key.into:
        parts.append(f"{key.out} channels")
    elif key.into is not None and key.out is not None:
        parts.append(f"{key.into} to {key.out} channels")
    if key.groups is not None and key.groups > 1 and not depthwise:
        parts.append(f"{key.groups} groups")
    if key.stride and any(each != 1 for each in key.stride):
        parts.append(f"stride {square(key.stride)}")
    return ", ".join(parts)


def _shared(keys: Sequence[Key], name: str) -> Any:
    values = {getattr(each, name) for each in keys}
    return values.pop() if len(values) == 1 else None


def what_of(steps: Sequence[Step]) -> str:
    """A block: "a block of 3 Conv, 2 Relu, 1 Add"; what computes most comes first."""
    if len(steps) == 1:
        return described([steps[0].key])
    flops: Counter[str] = Counter()
    count: Counter[str] = Counter()
    for each in steps:
        flops[each.key.kind] += each.flops
        count[each.key.kind] += 1
    kinds = sorted(count, key=lambda kind: (-flops[kind], -count[kind], kind))
    if len(kinds) > _MOST_KINDS + 1:
        rest = sum(count[kind] for kind in kinds[_MOST_KINDS:])
        told = [f"{count[kind]} {kind}" for kind in kinds[:_MOST_KINDS]]
        return f"a block of {', '.join(told)} and {rest} more"
    return f"a block of {', '.join(f'{count[kind]} {kind}' for kind in kinds)}"


def common_path(modules: Iterable[str]) -> str:
    """The module that all are in, or "".

    Indices that differ become "*" where all else is the same: `features.*.conv`.
    """
    paths = list(dict.fromkeys(modules))
    if len(paths) == 1:
        return paths[0]
    patterns = {pattern_of(each) for each in paths}
    split = [each.split(".") for each in (paths if len(patterns) > 1 else patterns)]
    shared = []
    for parts in zip(*split, strict=False):
        if len(set(parts)) > 1:
            break
        shared.append(parts[0])
    return ".".join(shared)
