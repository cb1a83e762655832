"""What differs between steps that are one another's versions."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from archlint.changes.change import Change, ChangeKind
from archlint.changes.key import Key
from archlint.changes.step import Step
from archlint.changes.wording import common_path, sizes, square

__all__ = ["edit_changes", "reading_changes"]

_MOST_LINES = 4  # of one kind of change; more become one
_MOST_VALUES = 4  # named in such a line
_WINDOWS = {"AveragePool": "window", "LpPool": "window", "MaxPool": "window", "Resize": "scale"}


@dataclass(frozen=True, slots=True)
class _Edit:
    """One difference of one step, its values in words."""

    kind: ChangeKind
    before: str
    after: str
    step: Step
    flops: int
    ratio: float = 0.0


def edit_changes(pairs: Iterable[tuple[Step, Step]]) -> Iterator[Change]:
    """What differs between the steps of each pair, equal edits in one line."""
    groups: dict[object, list[_Edit]] = defaultdict(list)
    for old, new in pairs:
        if old.key != new.key:
            for edit in _edits(old, new):
                groups[edit.kind, edit.ratio > 1].append(edit)
    for edits in groups.values():
        yield from _lines(edits)


def reading_changes(pairs: Iterable[tuple[Step, Step]]) -> Iterator[Change]:
    """Steps that read another number of channels than before."""
    edits = [
        _Edit(ChangeKind.WIDTH, f"{old.key.into}", f"{new.key.into}", new, _flops(old, new))
        for old, new in pairs
        if old.key.into != new.key.into and old.key.kind == new.key.kind
    ]
    for same in _same(edits):
        first = same[0]
        text = f"{_subject(same)}: {first.before} to {first.after} channels in"
        yield Change(ChangeKind.WIDTH, text, len(same), sum(each.flops for each in same))


def _edits(old: Step, new: Step) -> Iterator[_Edit]:
    a, b, flops = old.key, new.key, _flops(old, new)

    def edit(kind: ChangeKind, before: str, after: str, ratio: float = 0.0) -> _Edit:
        return _Edit(kind, before, after, new, flops, ratio)

    if a.kind != b.kind:
        yield edit(ChangeKind.REPLACED, a.kind, b.kind)
    if a.out and b.out and a.out != b.out and not (a.is_depthwise and b.is_depthwise):
        yield edit(ChangeKind.WIDTH, f"{a.out}", f"{b.out}", b.out / a.out)
    if a.kind != b.kind:
        return
    if a.window != b.window and a.window and b.window:
        yield edit(ChangeKind.WINDOW, sizes(a.window), sizes(b.window))
    if a.stride != b.stride and a.stride and b.stride:
        yield edit(ChangeKind.STRIDE, square(a.stride), square(b.stride))
    if a.dilation != b.dilation and a.dilation and b.dilation:
        yield edit(ChangeKind.DILATION, square(a.dilation), square(b.dilation))
    if a.groups != b.groups and not (a.is_depthwise and b.is_depthwise):
        yield edit(ChangeKind.GROUPS, _grouping(a), _grouping(b))
    same = a.window == b.window and a.dilation == b.dilation
    if same and a.padding and b.padding and a.padding != b.padding:
        yield edit(ChangeKind.PADDING, square(a.padding), square(b.padding))
    if a.setting != b.setting:
        yield edit(ChangeKind.SETTING, a.setting or "none", b.setting or "none")


def _flops(old: Step, new: Step) -> int:
    return max(old.flops, new.flops)


def _grouping(key: Key) -> str:
    if key.is_depthwise:
        return "depthwise"
    return f"{key.groups} groups" if key.groups != 1 else "1 group"


def _same(edits: Sequence[_Edit]) -> list[list[_Edit]]:
    """Edits with the same values, together."""
    same: dict[object, list[_Edit]] = defaultdict(list)
    for each in edits:
        same[each.before, each.after].append(each)
    return list(same.values())


def _lines(edits: Sequence[_Edit]) -> Iterator[Change]:
    """A line for each pair of values, or one for all where these are many."""
    same = _same(edits)
    kind = edits[0].kind
    if len(same) > _MOST_LINES:
        yield Change(kind, _merged(same), len(edits), sum(each.flops for each in edits))
        return
    for each in same:
        yield Change(kind, _text(each), len(each), sum(edit.flops for edit in each))


def _text(edits: Sequence[_Edit]) -> str:
    first = edits[0]
    before, after = first.before, first.after
    if first.kind is ChangeKind.REPLACED:
        modules = [each.step.module for each in edits]
        where = common_path(modules)
        if len(edits) == 1:
            return f"{before} became {after}" + (f" in {where}" if where else "")
        return f"{before} became {after} in {len(edits)} places" + (f" of {where}" if where else "")
    window = _WINDOWS.get(first.step.key.kind, "kernel")
    said = {
        ChangeKind.WIDTH: f"{before} to {after} channels out",
        ChangeKind.WINDOW: f"{window} {before} became {after}",
        ChangeKind.STRIDE: f"stride {before} became {after}",
        ChangeKind.DILATION: f"dilation {before} became {after}",
        ChangeKind.GROUPS: f"{before} became {after}",
        ChangeKind.PADDING: f"padding {before} became {after}",
        ChangeKind.SETTING: f"{before} became {after}",
    }[first.kind]
    return f"{_subject(edits)}: {said}"


def _subject(edits: Sequence[_Edit]) -> str:
    """What was edited: "features.*.conv.0, 5 Conv"."""
    where = common_path(each.step.module for each in edits)
    kinds = {each.step.key.kind for each in edits}
    noun = kinds.pop() if len(kinds) == 1 else "operators"
    if len(edits) > 1:
        return f"{where}, {len(edits)} {noun}" if where else f"{len(edits)} {noun}"
    return where or f"a {noun}"


def _merged(same: Sequence[Sequence[_Edit]]) -> str:
    edits = [edit for each in same for edit in each]
    ordered = sorted(same, key=lambda each: -sum(edit.flops for edit in each))
    values = [f"{each[0].before} to {each[0].after}" for each in ordered[:_MOST_VALUES]]
    if len(ordered) > _MOST_VALUES:
        values.append("...")
    kind = edits[0].kind
    what = {
        ChangeKind.WIDTH: "wider" if edits[0].ratio > 1 else "narrower",
        ChangeKind.REPLACED: "replaced",
        ChangeKind.WINDOW: "other kernels",
        ChangeKind.STRIDE: "other strides",
        ChangeKind.DILATION: "other dilations",
        ChangeKind.GROUPS: "other groups",
        ChangeKind.PADDING: "other padding",
        ChangeKind.SETTING: "other settings",
    }[kind]
    if kind is ChangeKind.WIDTH:
        low, high = min(e.ratio for e in edits), max(e.ratio for e in edits)
        ratio = f"{low:.2g}" if f"{low:.2g}" == f"{high:.2g}" else f"{low:.2g} to {high:.2g}"
        what = f"{ratio} times the channels out"
    return f"{_subject(edits)}: {what}, {', '.join(values)}"
